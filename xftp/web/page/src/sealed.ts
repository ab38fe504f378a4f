// The encrypted form of a file, which is cut into packets (facts: XFTP, section 5.1):
//
//	box of ( u64 L ‖ header ‖ content ‖ '#' … ) as one stream, its tag at the end
//	header = short name ‖ '0'        L = bytes of header and content
//
// Both ways work packet by packet, so that memory does not depend on the size of the file.

import { sha512 } from "@noble/hashes/sha2.js";

import { BoxStream, keySize, nonceSize, tagSize } from "./box.ts";
import { type Bytes, concat, equal, Malformed, random, Reader, short, text, u64, utf8 } from "./bytes.ts";
import { splitSizes } from "./sizes.ts";

const filler = 0x23; // '#'
const lengthSize = 8;

/** shortName cuts a name to what the header holds, between characters. */
function shortName(name: string): Bytes {
  let b = utf8(name);
  for (const characters = [...name]; b.length > 255; b = utf8(characters.join(""))) characters.pop();
  return b;
}

/** Secret is what a file is encrypted with. It encrypts one file only. */
export interface Secret {
  key: Bytes;
  nonce: Bytes;
}

export function newSecret(): Secret {
  return { key: random(keySize), nonce: random(nonceSize) };
}

/** Sealer encrypts a file. Packets come one after another, and the digest after the last. */
export class Sealer {
  readonly sizes: number[];
  private readonly head: Bytes;
  private readonly stream: BoxStream;
  private readonly hash = sha512.create();
  private at = 0; // in the plaintext

  constructor(
    private readonly file: Blob,
    name: string,
    readonly secret: Secret,
  ) {
    this.stream = new BoxStream(secret.key, secret.nonce);
    const header = concat(short(shortName(name)), utf8("0"));
    this.head = concat(u64(header.length + file.size), header);
    this.sizes = splitSizes(this.head.length + file.size + tagSize);
  }

  get total(): number {
    return this.sizes.reduce((n, s) => n + s, 0);
  }

  /** packet is the next packet, which has this size. */
  async packet(size: number): Promise<Bytes> {
    const b = new Uint8Array(size).fill(filler);
    const last = this.at + size === this.total;
    const plain = b.subarray(0, last ? size - tagSize : size);
    if (this.at < this.head.length) b.set(this.head, 0); // the smallest packet holds the whole head
    const from = Math.max(this.at - this.head.length, 0);
    const room = plain.length - Math.max(this.head.length - this.at, 0);
    const content = await this.file.slice(from, from + room).arrayBuffer();
    b.set(new Uint8Array(content), plain.length - room);
    this.at += size;
    this.stream.seal(plain);
    if (last) b.set(this.stream.tag(), size - tagSize);
    this.hash.update(b);
    return b;
  }

  digest(): Uint8Array {
    return this.hash.digest();
  }
}

/** Opener decrypts a file. What it gives is genuine only once finish has returned. */
export class Opener {
  name = "";
  private readonly stream: BoxStream;
  private readonly hash = sha512.create();
  private at = 0;
  private left = 0; // bytes of content that are to come

  constructor(
    key: Uint8Array,
    nonce: Uint8Array,
    private readonly total: number,
  ) {
    this.stream = new BoxStream(key, nonce);
  }

  private tag: Bytes = new Uint8Array(0);

  /** packet decrypts the next packet in place, and is its part of the content. */
  packet(b: Bytes): Bytes {
    this.hash.update(b);
    const plain = b.subarray(0, Math.max(Math.min(b.length, this.total - tagSize - this.at), 0));
    this.tag = concat(this.tag, b.subarray(plain.length)); // a small last packet may hold only a part of it
    this.stream.open(plain);
    const first = this.at === 0;
    this.at += b.length;
    const content = first ? this.readHead(plain) : plain;
    const taken = content.subarray(0, this.left);
    this.left -= taken.length;
    return taken;
  }

  private readHead(plain: Bytes): Bytes {
    const r = new Reader(plain);
    try {
      const payload = r.u64();
      this.name = text(r.short());
      r.maybeShort();
      const content = r.rest() as Bytes;
      this.left = payload - (plain.length - lengthSize - content.length);
      if (this.left >= 0 && lengthSize + payload <= this.total - tagSize) return content;
    } catch (e) {
      if (!(e instanceof Malformed)) throw e;
    }
    throw new Malformed("The key in the link is not for this file.");
  }

  /** finish checks the whole file against its tag and digest. */
  finish(digest: Uint8Array): void {
    if (this.at !== this.total || !equal(this.tag, this.stream.tag()) || !equal(digest, this.hash.digest())) {
      throw new Malformed("The file is damaged: it is not what its sender has encrypted.");
    }
  }
}
