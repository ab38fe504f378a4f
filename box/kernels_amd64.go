//go:build amd64 && !purego

package box

import "golang.org/x/sys/cpu"

//go:generate go -C asm run ./salsa -out ../salsa_avx2_amd64.s -stubs ../salsa_avx2_amd64.go -pkg box
//go:generate go -C asm run ./sha512 -out ../sha512_avx2_amd64.s -stubs ../sha512_avx2_amd64.go -pkg box
//go:generate go -C asm run ./poly1305 -out ../poly1305_avx2_amd64.s -stubs ../poly1305_avx2_amd64.go -pkg box
//go:generate go -C asm run ./wide -out ../streams_avx512_amd64.s -stubs ../streams_avx512_amd64.go -pkg box

// useAVX2 chooses the kernels of this package. Tests switch it off.
var useAVX2 = cpu.X86.HasAVX2

// useAVX512 chooses those of its kernels that want AVX-512 (F). Processors without VBMI2, which came later, pay for it with
// their clock. Tests switch it off.
var useAVX512 = useAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512VBMI2
