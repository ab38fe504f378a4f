// What sending and receiving share: several packets at a time, tries again, progress.

import { Fault } from "./faults.ts";
import type { Sessions } from "./session.ts";

/** ahead is how many packets are under way at a time; so many are in memory. */
export const ahead = 3;

/** Transfer is the surroundings of one transfer. */
export interface Transfer {
  sessions: Sessions;
  signal: AbortSignal;
  progress: Progress;
  /** stalled waits until somebody wants the transfer to go on after a fault that has lasted. */
  stalled: (fault: Fault) => Promise<void>;
}

/** Progress adds up what the packets have done. */
export class Progress {
  private readonly done = new Map<object, number>();

  constructor(private readonly show: (done: number) => void) {}

  set(packet: object, bytes: number): void {
    this.done.set(packet, bytes);
    let sum = 0;
    for (const n of this.done.values()) sum += n;
    this.show(sum);
  }
}

/** pauses are the times between tries, in milliseconds, before they are called stalled. */
const pauses = [100, 1000, 3000];

/** persist tries until it succeeds, as long as what goes wrong may pass. */
export async function persist<T>(t: Transfer, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (e) {
      t.signal.throwIfAborted();
      if (!(e instanceof Fault) || !e.passing) throw e;
      const pause = pauses[tries];
      if (pause !== undefined) {
        await new Promise((next) => setTimeout(next, pause * (0.5 + Math.random())));
      } else {
        await t.stalled(e);
        tries = -1;
      }
      t.signal.throwIfAborted();
    }
  }
}

/** Slots bounds how many of the tasks that it is given run at a time. */
export class Slots {
  private readonly running = new Set<Promise<void>>();
  private failure: { cause: unknown } | null = null;

  /** free waits for a slot, and throws what a task has failed with. */
  async free(): Promise<void> {
    while (this.running.size >= ahead) await Promise.race(this.running);
    this.check();
  }
  run(task: Promise<unknown>): void {
    const tracked: Promise<void> = task.then(
      () => void this.running.delete(tracked),
      (cause) => {
        this.running.delete(tracked);
        this.failure ??= { cause };
      },
    );
    this.running.add(tracked);
  }
  /** end waits for all tasks. */
  async end(): Promise<void> {
    await Promise.all(this.running);
    this.check();
  }
  private check(): void {
    if (this.failure) throw this.failure.cause;
  }
}
