// The network's secret box as a stream: XSalsa20-Poly1305 as in NaCl, under a key that goes through HSalsa20 first, with
// the tag kept apart (facts: XFTP, section 0). Pieces of any length may be passed; how a message is cut changes nothing.

import { hsalsa, salsa20 } from "@noble/ciphers/salsa.js";
import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { x25519 } from "@noble/curves/ed25519.js";

import type { Bytes } from "./bytes.ts";

export const tagSize = 16;
export const keySize = 32;
export const nonceSize = 24;

const sigma = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574); // "expand 32-byte k"

function words(b: Uint8Array): Uint32Array {
  const view = new DataView(b.buffer, b.byteOffset, b.length);
  return Uint32Array.from({ length: b.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

function hsalsa20(key: Uint8Array, input: Uint8Array): Bytes {
  const out = new Uint32Array(8);
  hsalsa(sigma, words(key), words(input), out);
  const b = new Uint8Array(32);
  const view = new DataView(b.buffer);
  out.forEach((w, i) => view.setUint32(4 * i, w, true));
  return b;
}

/** blockSize is that of Salsa20; its first half block of a message is the key of Poly1305. */
const blockSize = 64;

/** pieceSize bounds what is copied at a time. */
const pieceSize = 64 << 10;

export class BoxStream {
  private readonly key: Bytes;
  private readonly nonce: Uint8Array;
  private readonly mac;
  private at = 32; // in the key stream

  constructor(key: Uint8Array, nonce: Uint8Array) {
    const boxKey = hsalsa20(key, new Uint8Array(16));
    this.key = hsalsa20(boxKey, nonce.subarray(0, 16));
    this.nonce = nonce.slice(16);
    this.mac = poly1305.create(salsa20(this.key, this.nonce, new Uint8Array(32)));
  }

  /** seal encrypts in place. */
  seal(b: Uint8Array): void {
    this.xor(b);
    this.mac.update(b);
  }

  /** open decrypts in place. Whether the content is genuine shows at the end, by the tag. */
  open(b: Uint8Array): void {
    this.mac.update(b);
    this.xor(b);
  }

  /** tag ends the message. */
  tag(): Uint8Array {
    return this.mac.digest();
  }

  private xor(b: Uint8Array): void {
    for (let done = 0; done < b.length; ) {
      const before = this.at % blockSize; // of the block that an earlier piece has begun
      const n = Math.min(b.length - done, pieceSize - before);
      const piece = new Uint8Array(before + n);
      piece.set(b.subarray(done, done + n), before);
      salsa20(this.key, this.nonce, piece, piece, Math.floor(this.at / blockSize));
      b.set(piece.subarray(before), done);
      done += n;
      this.at += n;
    }
  }
}

export interface DHKeys {
  public: Uint8Array;
  /** shared is the secret with another's public key. */
  shared(other: Uint8Array): Uint8Array;
}

export function newDHKeys(): DHKeys {
  const { secretKey, publicKey } = x25519.keygen();
  return { public: publicKey, shared: (other) => x25519.getSharedSecret(secretKey, other) };
}
