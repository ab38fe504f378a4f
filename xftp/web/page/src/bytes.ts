// Byte strings: the encodings that everything else is made of (facts: XFTP, section 0).

export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Malformed is data that is not what it should be. Its message is a sentence for people, or else says in a few words
 * what the data is instead.
 */
export class Malformed extends Error {}

export function concat(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

/** equal compares in a time that depends on the lengths only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  let differ = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) differ |= a[i]! ^ (b[i] ?? 0);
  return differ === 0;
}

export function random(n: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(n));
}

export function utf8(s: string): Bytes {
  return new Uint8Array(new TextEncoder().encode(s));
}

/** text reads UTF-8; what is none becomes U+FFFD. */
export function text(b: Uint8Array): string {
  return new TextDecoder().decode(b);
}

export function hex(s: string): Bytes {
  return Uint8Array.from(s.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** base64 is base64url with padding. */
export function base64(b: Uint8Array): string {
  let s = "";
  for (let i = 0; i < b.length; i += 3) {
    const n = (b[i]! << 16) | ((b[i + 1] ?? 0) << 8) | (b[i + 2] ?? 0);
    for (let k = 0; k < 4; k++) s += k > b.length - i ? "=" : base64Digits[(n >> (18 - 6 * k)) & 63];
  }
  return s;
}

/** fromBase64 reads base64url of one byte at least, padded or not. */
export function fromBase64(s: string): Bytes {
  const digits = s.replace(/=+$/, "");
  const b = new Uint8Array(Math.floor((digits.length * 3) / 4));
  if (b.length === 0 || digits.length % 4 === 1) throw new Malformed("text that is not base64url");
  let held = 0;
  for (let i = 0, at = 0; i < digits.length; i++) {
    const d = base64Digits.indexOf(digits[i]!);
    if (d < 0) throw new Malformed("text that is not base64url");
    held = ((held << 6) | d) & 0xffffff;
    if (i % 4 > 0) b[at++] = held >> (6 - 2 * (i % 4));
  }
  return b;
}

export function u16(n: number): Bytes {
  return Uint8Array.of(n >> 8, n);
}

export function u32(n: number): Bytes {
  return Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
}

export function u64(n: number): Bytes {
  return concat(u32(Math.floor(n / 2 ** 32)), u32(n));
}

/** short is a byte string with its length in one byte. */
export function short(b: Uint8Array): Bytes {
  if (b.length > 255) throw new Error("a short string has 255 bytes at most");
  return concat(Uint8Array.of(b.length), b);
}

/** Reader takes encodings from the front of a byte string; what is missing is Malformed. */
export class Reader {
  constructor(private left: Uint8Array) {}

  take(n: number): Uint8Array {
    if (n > this.left.length) throw new Malformed("data that ends too early");
    const taken = this.left.subarray(0, n);
    this.left = this.left.subarray(n);
    return taken;
  }
  rest(): Uint8Array {
    return this.take(this.left.length);
  }
  get empty(): boolean {
    return this.left.length === 0;
  }
  u8(): number {
    return this.take(1)[0]!;
  }
  u16(): number {
    return this.u8() * 256 + this.u8();
  }
  u64(): number {
    let n = 0;
    for (const b of this.take(8)) n = n * 256 + b;
    if (!Number.isSafeInteger(n)) throw new Malformed("a number that is too large");
    return n;
  }
  short(): Uint8Array {
    return this.take(this.u8());
  }
  large(): Uint8Array {
    return this.take(this.u16());
  }
  maybeShort(): Uint8Array | null {
    const tag = this.u8();
    if (tag === 0x30) return null;
    if (tag === 0x31) return this.short();
    throw new Malformed("a mark that is neither of two");
  }
}

const filler = 0x23; // '#'

/** pad fills up to n bytes: length ‖ content ‖ '#' … */
export function pad(content: Uint8Array, n: number): Bytes {
  if (content.length > n - 2) throw new Error("content larger than its block");
  const b = new Uint8Array(n).fill(filler);
  b.set(u16(content.length));
  b.set(content, 2);
  return b;
}

export function unpad(block: Uint8Array): Uint8Array {
  return new Reader(block).large();
}
