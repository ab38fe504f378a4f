//go:build amd64 && !purego

package box

import "golang.org/x/sys/cpu"

//go:generate go -C asm run ./salsa -out ../salsa_avx2_amd64.s -stubs ../salsa_avx2_amd64.go -pkg box
//go:generate go -C asm run ./sha512 -out ../sha512_amd64.s -stubs ../sha512_amd64.go -pkg box
//go:generate go -C asm run ./poly1305 -out ../poly1305_avx2_amd64.s -stubs ../poly1305_avx2_amd64.go -pkg box
//go:generate go -C asm run ./polywide -out ../poly1305_avx512_amd64.s -stubs ../poly1305_avx512_amd64.go -pkg box
//go:generate go -C asm run ./wide -out ../streams_avx512_amd64.s -stubs ../streams_avx512_amd64.go -pkg box

// useAVX2 chooses the kernels of this package. Tests switch it off.
var useAVX2 = cpu.X86.HasAVX2

// useAVX512 chooses those of its kernels that want AVX-512 (F and VL), and fullWidth those with registers of 512 bits.
// Processors without VBMI2, which came later, pay for these with their clock. Tests switch both. hasIFMA is whether there
// are products of 52 bits, as wherever there is VBMI2 so far.
var (
	useAVX512 = useAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL
	fullWidth = cpu.X86.HasAVX512VBMI2 && cpu.X86.HasAVX512BW
	hasIFMA   = cpu.X86.HasAVX512IFMA
)

// useWidest tells whether to use the kernels with registers of 512 bits.
func useWidest() bool { return useAVX512 && fullWidth }

// usePolyWide tells whether to use the one of Poly1305.
func usePolyWide() bool { return useWidest() && hasIFMA }

// wideGroup is how many bytes the kernels of AVX-512 encrypt at least.
const wideGroup = 1024

// salsaXORWide is salsaXOR for groups of 1,024 bytes, where useAVX512 is set.
func salsaXORWide(data *byte, groups int, counter *[16]byte, key *[32]byte) {
	if fullWidth {
		salsaXOR16(data, groups, counter, key)
	} else {
		salsaXOR8(data, groups, counter, key)
	}
}

// chachaXORWide encrypts groups × 1,024 bytes with the ChaCha20 key stream from block number on, where useAVX512 is set.
func chachaXORWide(data *byte, groups int, number uint32, nonce *[12]byte, key *[32]byte) {
	if fullWidth {
		chachaXOR16(data, groups, number, nonce, key)
	} else {
		chachaXOR8(data, groups, number, nonce, key)
	}
}
