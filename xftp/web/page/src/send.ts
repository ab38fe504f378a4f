// Sending a file: seal, split, create and upload each packet, describe.

import type { Address } from "./address.ts";
import { utf8, type Bytes } from "./bytes.ts";
import { type Description, type Packet, writeDescription } from "./description.ts";
import { Fault, uploadFault } from "./faults.ts";
import { sha256, SigningKey } from "./keys.ts";
import { toFragment } from "./link.ts";
import { newSecret, Sealer } from "./sealed.ts";
import { RouterError } from "./session.ts";
import { maxFile } from "./sizes.ts";
import { persist, Slots, type Transfer } from "./transfer.ts";
import { commands } from "./wire.ts";

/** maxFragment is how long a link's fragment may be before the description is sent as a file of its own. */
const maxFragment = 400;

export class Sending {
  /** created are the packets on the router, with the sender's keys. */
  readonly created: Packet[] = [];

  constructor(
    private t: Transfer,
    private readonly router: Address,
    private readonly password: string,
  ) {}

  /** within goes on in other surroundings. */
  within(t: Transfer): this {
    this.t = t;
    return this;
  }

  /** file sends a file, and is the fragment of the link to it. */
  async file(file: Blob, name: string): Promise<string> {
    if (file.size > maxFile) throw new Fault("The file is larger than 1 GB.", false);
    const description = await this.upload(file, name);
    const fragment = await toFragment(description);
    if (fragment.length <= maxFragment || description.packets.length === 1) return fragment;
    const outer = await this.upload(new Blob([utf8(writeDescription(description))]), "");
    outer.redirect = { size: description.size, digest: description.digest };
    return toFragment(outer);
  }

  private async upload(file: Blob, name: string): Promise<Description> {
    const sealer = new Sealer(file, name, newSecret());
    const packets: Packet[] = [];
    const slots = new Slots();
    for (const [i, size] of sealer.sizes.entries()) {
      await slots.free();
      const body = await sealer.packet(size).catch(() => {
        throw new Fault("The file cannot be read. Has it been changed or moved?", false);
      });
      slots.run(this.packet(body).then((p) => (packets[i] = p)));
    }
    await slots.end();
    const { key, nonce } = sealer.secret;
    return { party: "recipient", size: sealer.total, digest: sealer.digest(), key, nonce, packets };
  }

  /** packet uploads one, and describes it for recipients. */
  private async packet(body: Bytes): Promise<Packet> {
    const { t, router } = this;
    const size = body.length;
    const digest = await sha256(body);
    const [sender, recipient] = [SigningKey.generate(), SigningKey.generate()];
    const session = t.sessions.with(router);
    const ids = await persist(t, async () => {
      const create = commands.create({ sender, recipient, size, digest, password: this.password });
      const { response } = await session.command(sender, new Uint8Array(0), create, { signal: t.signal }).catch((e) => {
        throw e instanceof RouterError ? uploadFault(e.code, this.password !== "") : e;
      });
      if (response.kind !== "ids" || response.recipients.length !== 1) throw new Fault("The router gives another answer than expected.", false);
      return response;
    });
    this.created.push({ router, id: ids.sender, key: sender, digest, size });
    await persist(t, async (alive) => {
      const onSent = (n: number) => {
        alive();
        t.progress.set(body, Math.min(n, size));
      };
      const { response } = await session.command(sender, ids.sender, commands.upload, { signal: t.signal, onSent }, body).catch((e) => {
        throw e instanceof RouterError ? uploadFault(e.code, false) : e;
      });
      if (response.kind !== "ok") throw new Fault("The router gives another answer than expected.", false);
    });
    t.progress.set(body, size);
    return { router, id: ids.recipients[0]!, key: recipient, digest, size };
  }

  /** delete deletes what has been created. Packets that are gone already are no fault. */
  async delete(): Promise<void> {
    for (let p = this.created.at(-1); p; p = this.created.at(-1)) {
      const { router, id, key } = p;
      await persist(this.t, () =>
        this.t.sessions.with(router).command(key, id, commands.delete, { signal: this.t.signal }),
      ).catch((e) => {
        if (!(e instanceof RouterError) || e.code !== "AUTH") throw e;
      });
      this.created.pop();
    }
  }

  /** deletion is a description for senders, with which the command-line program can delete the file. */
  deletion(): string {
    const size = this.created.reduce((n, p) => n + p.size, 0);
    const secret = new Uint8Array(32); // the file's own key is not needed for that
    return writeDescription({ party: "sender", size, digest: secret, key: secret, nonce: secret.subarray(8), packets: this.created });
  }
}
