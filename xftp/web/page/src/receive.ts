// Receiving a file: download and check each packet, open, join.

import { BoxStream, newDHKeys, tagSize } from "./box.ts";
import { type Bytes, equal, text, concat } from "./bytes.ts";
import { type Description, type Packet, parseDescription } from "./description.ts";
import { Fault, routerFault } from "./faults.ts";
import { sha256 } from "./keys.ts";
import { Opener } from "./sealed.ts";
import { RouterError } from "./session.ts";
import { ahead, persist, type Transfer } from "./transfer.ts";
import { commands } from "./wire.ts";
import { maxText } from "./yaml.ts";

export interface Received {
  name: string;
  content: Blob;
}

/** inner follows a redirect, if there is one, to the description of the file itself. */
export async function inner(t: Transfer, d: Description): Promise<Description> {
  if (!d.redirect) return d;
  if (d.size > 2 * maxText) throw new Fault("The description of the file is too large.", false);
  const parts: Bytes[] = [];
  await open(t, d, (part) => parts.push(part));
  const found = parseDescription(text(concat(...parts)));
  if (found.redirect) throw new Fault("The link leads to a link, which leads to a link.", false);
  if (found.size !== d.redirect.size || !equal(found.digest, d.redirect.digest)) {
    throw new Fault("The link leads to another file than it says.", false);
  }
  return found;
}

/** receive is the whole file, checked. The browser keeps large ones on its disk until they are saved. */
export async function receive(t: Transfer, d: Description): Promise<Received> {
  const parts: Blob[] = [];
  const name = await open(t, d, (part) => parts.push(new Blob([part])));
  return { name, content: new Blob(parts, { type: "application/octet-stream" }) };
}

/** open downloads and decrypts packet by packet, some ahead of the one that is decrypted. */
async function open(t: Transfer, d: Description, part: (b: Bytes) => void): Promise<string> {
  const opener = new Opener(d.key, d.nonce, d.size);
  const coming: Promise<Bytes>[] = [];
  for (let i = 0; i < d.packets.length; i++) {
    while (coming.length < ahead && i + coming.length < d.packets.length) {
      const packet = download(t, d.packets[i + coming.length]!);
      packet.catch(() => {}); // is seen when its turn comes
      coming.push(packet);
    }
    part(opener.packet(await coming.shift()!));
  }
  opener.finish(d.digest);
  return opener.name;
}

/** acknowledge ends the access to packets: nobody can download them with the same link again. */
export async function acknowledge(t: Transfer, packets: Packet[]): Promise<void> {
  for (const p of packets) {
    await persist(t, () => t.sessions.with(p.router).command(p.key, p.id, commands.acknowledge, { signal: t.signal })).catch((e) => {
      if (!(e instanceof RouterError) || e.code !== "AUTH") throw e; // gone already
    });
  }
}

function download(t: Transfer, p: Packet): Promise<Bytes> {
  return persist(t, async (alive) => {
    const keys = newDHKeys();
    const onReceived = (n: number) => {
      alive();
      t.progress.set(p, Math.min(n, p.size));
    };
    const options = { signal: t.signal, onReceived };
    const { response, body } = await t.sessions
      .with(p.router)
      .command(p.key, p.id, commands.download(keys.public), options)
      .catch((e) => {
        throw e instanceof RouterError ? routerFault(e.code) : e;
      });
    if (response.kind !== "file" || body.length !== p.size + tagSize) {
      throw new Fault("The router sends a packet of another size than expected.", false);
    }
    const packet = body.subarray(0, p.size);
    const box = new BoxStream(keys.shared(response.dhKey), response.nonce);
    box.open(packet);
    if (!equal(box.tag(), body.subarray(p.size)) || !equal(await sha256(packet), p.digest)) {
      throw new Fault("The router sends another packet than was uploaded.", false);
    }
    t.progress.set(p, p.size);
    return packet;
  });
}
