// Sessions with routers. To a router a session is a connection, which the browser opens and closes as it likes: a
// router that does not know the session any more says so, and gets another hello.

import { type Address, originOf } from "./address.ts";
import type { Bytes } from "./bytes.ts";
import { Fault, routerFault } from "./faults.ts";
import { BareError, helloBlock, newChallenge, readHello } from "./hello.ts";
import type { SigningKey } from "./keys.ts";
import { post, type PostOptions } from "./post.ts";
import { blockSize, commandBlock, readBlock, type Response } from "./wire.ts";

export interface Answer {
  response: Exclude<Response, { kind: "error" }>;
  body: Bytes; // what follows the block
}

/** RouterError is an error that the router answers with. */
export class RouterError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

class Session {
  private readonly origin: string;
  private greeting: Promise<Uint8Array> | null = null; // the session's identifier

  private refused = false; // the last command

  constructor(
    private readonly router: Address,
    here: string,
  ) {
    this.origin = originOf(router, here);
  }

  async command(key: SigningKey, entity: Uint8Array, command: Uint8Array, o: PostOptions, body?: Bytes): Promise<Answer> {
    const greeting = (this.greeting ??= this.greet(o.signal));
    greeting.catch(() => this.forget(greeting));
    const session = await greeting;
    const block = commandBlock(session, key, entity, command);
    const onSent = o.onSent && ((n: number) => o.onSent!(Math.max(n - blockSize, 0)));
    const onReceived = o.onReceived && ((n: number) => o.onReceived!(Math.max(n - blockSize, 0)));
    const answer = await post(this.origin, body ? new Blob([block, body]) : block, { ...o, onSent, onReceived });
    const response = readBlock(session, answer);
    if (response.kind === "error") {
      if (response.code === "SESSION" || response.code === "HANDSHAKE") {
        // A first HANDSHAKE is likely the hello of another tab that shares the connection, and so the session.
        if (response.code === "SESSION" || this.refused) this.forget(greeting);
        this.refused = response.code === "HANDSHAKE";
        throw routerFault(response.code);
      }
      throw new RouterError(response.code);
    }
    this.refused = false;
    return { response, body: answer.subarray(blockSize) };
  }

  private forget(greeting: Promise<Uint8Array>): void {
    if (this.greeting === greeting) this.greeting = null;
  }

  private async greet(signal: AbortSignal): Promise<Uint8Array> {
    const challenge = newChallenge();
    const block = await post(this.origin, helloBlock(challenge), { signal, headers: { "xftp-web-hello": "1" } });
    try {
      const hello = await readHello(block, challenge, this.router, Date.now());
      const refusal = await post(this.origin, hello.answer, { signal, headers: { "xftp-handshake": "1" } });
      if (refusal.length > 0) throw new BareError("HANDSHAKE");
      return hello.session;
    } catch (e) {
      throw e instanceof BareError ? new Fault(`The router refuses the hello: ${e.message}`, true) : e;
    }
  }
}

/** Sessions keeps one session with each router. */
export class Sessions {
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly here: string) {}

  with(router: Address): Session {
    const key = originOf(router, this.here) + router.keyHash.join();
    let s = this.sessions.get(key);
    if (!s) this.sessions.set(key, (s = new Session(router, this.here)));
    return s;
  }
}
