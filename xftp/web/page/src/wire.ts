// Transmissions, commands and responses (facts: XFTP, section 3). A block is
//
//	u16 length ‖ 01 ‖ u16 length ‖ transmission ‖ '#' …
//	transmission = short authorization ‖ short session ‖ short correlation ‖ short entity ‖ command
//
// The authorization is a signature of everything after it.

import { nonceSize } from "./box.ts";
import { type Bytes, concat, equal, Malformed, pad, Reader, short, text, u16, u32, unpad, utf8 } from "./bytes.ts";
import { type SigningKey, x25519FromDER, x25519ToDER } from "./keys.ts";

export const blockSize = 16384;

const none = new Uint8Array(0);

export function commandBlock(session: Uint8Array, key: SigningKey, entity: Uint8Array, command: Uint8Array): Bytes {
  const signed = concat(short(session), short(none), short(entity), command);
  const transmission = concat(short(key.sign(signed)), signed);
  return pad(concat(Uint8Array.of(1), u16(transmission.length), transmission), blockSize);
}

export interface NewPacket {
  sender: SigningKey;
  recipient: SigningKey;
  size: number;
  digest: Uint8Array;
  password: string; // empty: none
}

export const commands = {
  create: (p: NewPacket): Bytes =>
    concat(
      utf8("FNEW "),
      short(p.sender.publicDER()),
      u32(p.size),
      short(p.digest),
      Uint8Array.of(1),
      short(p.recipient.publicDER()),
      p.password === "" ? utf8("0") : concat(utf8("1"), short(utf8(p.password))),
    ),
  upload: utf8("FPUT"),
  delete: utf8("FDEL"),
  acknowledge: utf8("FACK"),
  download: (dhKey: Uint8Array): Bytes => concat(utf8("FGET "), short(x25519ToDER(dhKey))),
};

export type Response =
  | { kind: "ids"; sender: Uint8Array; recipients: Uint8Array[] }
  | { kind: "file"; dhKey: Uint8Array; nonce: Uint8Array }
  | { kind: "ok" }
  | { kind: "error"; code: string };

/** readBlock reads the response in a block; the block may hold a bare word instead, which answers a faulty hello. */
export function readBlock(session: Uint8Array, block: Uint8Array): Response {
  const content = unpad(block.subarray(0, blockSize));
  const bare = bareWord(content);
  if (bare) return { kind: "error", code: bare };
  const batch = new Reader(content);
  if (batch.u8() !== 1) throw new Malformed("a block that has not one response");
  const r = new Reader(batch.large());
  r.short();
  const answered = r.short();
  r.short();
  r.short();
  const response = readResponse(r.rest());
  // The answer to a command of another session names its own.
  if (response.kind !== "error" && !equal(answered, session)) throw new Malformed("a response in another session");
  return response;
}

export function bareWord(content: Uint8Array): string | null {
  const word = content.length < 20 ? text(content) : "";
  return /^[A-Z_]+$/.test(word) ? word : null;
}

function readResponse(b: Uint8Array): Response {
  const space = b.indexOf(0x20);
  const tag = text(space < 0 ? b : b.subarray(0, space));
  const r = new Reader(space < 0 ? none : b.subarray(space + 1));
  switch (tag) {
    case "SIDS": {
      const sender = r.short();
      const recipients = Array.from({ length: r.u8() }, () => r.short());
      return { kind: "ids", sender, recipients };
    }
    case "FILE":
      return { kind: "file", dhKey: x25519FromDER(r.short()), nonce: r.take(nonceSize) };
    case "OK":
      return { kind: "ok" };
    case "ERR":
      return { kind: "error", code: text(r.rest()) };
  }
  throw new Malformed("a response that is none");
}
