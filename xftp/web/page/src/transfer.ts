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
  stalls: Stalls;
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

/** Stalls are the tasks of a transfer whose faults have lasted. They are tried all the same, ever more seldom. */
export class Stalls {
  private readonly faults = new Map<object, Fault>();
  private readonly pauses = new Set<() => void>();

  /** show is called with what to say of them, and with null when there are none any more. */
  constructor(private readonly show: (fault: Fault | null) => void) {}

  begin(task: object, fault: Fault): void {
    this.faults.set(task, fault);
    this.show(fault);
  }

  end(task: object): void {
    if (!this.faults.delete(task)) return;
    const [other] = this.faults.values();
    this.show(other ?? null);
  }

  /** pause waits between two tries: so many milliseconds, or until wake, or until the transfer is cancelled. */
  pause(time: number, signal: AbortSignal): Promise<void> {
    return new Promise((next) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.pauses.delete(end);
        next();
      };
      const timer = setTimeout(end, time);
      signal.addEventListener("abort", end);
      this.pauses.add(end);
    });
  }

  /** wake has everything tried at once. */
  wake(): void {
    for (const end of [...this.pauses]) end();
    this.faults.clear();
    this.show(null);
  }
}

/** pauses are the times between tries, in milliseconds; the last one is that of all further ones. */
const pauses = [100, 1000, 3000, 5000, 10_000, 15_000];

/** quietTries are the tries that may fail before a task is called stalled. */
const quietTries = 3;

/**
 * persist tries until it succeeds, as long as what goes wrong may pass. The attempt calls alive when it makes progress:
 * it is no longer stalled then.
 */
export async function persist<T>(t: Transfer, attempt: (alive: () => void) => Promise<T>): Promise<T> {
  const task = {};
  const alive = () => t.stalls.end(task);
  try {
    for (let tries = 0; ; tries++) {
      try {
        return await attempt(alive);
      } catch (e) {
        t.signal.throwIfAborted();
        if (!(e instanceof Fault) || !e.passing) throw e;
        if (tries >= quietTries) t.stalls.begin(task, e);
        const pause = pauses[Math.min(tries, pauses.length - 1)]!;
        await t.stalls.pause(pause * (0.5 + Math.random()), t.signal);
        t.signal.throwIfAborted();
      }
    }
  } finally {
    alive();
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
