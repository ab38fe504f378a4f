// Keys in their DER forms (RFC 8410), signatures, and digests.

import { ed25519 } from "@noble/curves/ed25519.js";
import { ed448 } from "@noble/curves/ed448.js";

import { type Bytes, concat, equal, hex, Malformed } from "./bytes.ts";

const spkiEd25519 = hex("302a300506032b6570032100");
const spkiEd448 = hex("3043300506032b6571033a00");
const spkiX25519 = hex("302a300506032b656e032100");
const pkcs8Ed25519 = hex("302e020100300506032b657004220420");

function cut(prefix: Uint8Array, n: number, der: Uint8Array): Uint8Array | null {
  if (der.length !== prefix.length + n || !equal(der.subarray(0, prefix.length), prefix)) return null;
  return der.subarray(prefix.length);
}

export function x25519ToDER(key: Uint8Array): Bytes {
  return concat(spkiX25519, key);
}

export function x25519FromDER(der: Uint8Array): Uint8Array {
  const key = cut(spkiX25519, 32, der);
  if (!key) throw new Malformed("a key that is none for X25519");
  return key;
}

/** SigningKey authorizes commands on one packet. */
export class SigningKey {
  private constructor(private readonly seed: Uint8Array) {}

  static generate(): SigningKey {
    return new SigningKey(ed25519.utils.randomSecretKey());
  }
  static fromDER(der: Uint8Array): SigningKey {
    const seed = cut(pkcs8Ed25519, 32, der);
    if (!seed) throw new Malformed("a key of a kind that browsers do not support");
    return new SigningKey(seed);
  }
  toDER(): Bytes {
    return concat(pkcs8Ed25519, this.seed);
  }
  publicDER(): Bytes {
    return concat(spkiEd25519, ed25519.getPublicKey(this.seed));
  }
  sign(message: Uint8Array): Uint8Array {
    return ed25519.sign(message, this.seed);
  }
}

/** verify tells whether a key (SubjectPublicKeyInfo of Ed25519 or Ed448) has signed the message. */
export function verify(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const k25519 = cut(spkiEd25519, 32, spki);
    if (k25519) return ed25519.verify(signature, message, k25519, { zip215: false });
    const k448 = cut(spkiEd448, 57, spki);
    return k448 !== null && ed448.verify(signature, message, k448, { zip215: false });
  } catch {
    return false; // of a wrong length
  }
}

export async function sha256(b: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", b));
}
