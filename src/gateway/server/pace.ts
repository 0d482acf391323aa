import type { Deadlines, Expiring } from "./deadlines.ts";
import type { Limits } from "./limits.ts";
import { BodyStalledError } from "./request-body.ts";

/** A body that a reader has begun to wait for. */
export interface Awaited {
  /** Whether its reader waits for the client at the moment. */
  readonly isAwaited: boolean;
  fail(error: BodyStalledError): void;
}

/** Fails a body that does not arrive, or only trickles. */
export interface Pace {
  arrived(bytes: number): void;
  /** The client had been paused and may send again. */
  resumed(): void;
  end(): void;
}

export type Pacing = (body: Awaited) => Pace;

export function pacing(
  { bodyIdleTimeout, bodyProgressBytes }: Pick<Limits, "bodyIdleTimeout" | "bodyProgressBytes">,
  deadlines: Deadlines,
): Pacing {
  return (body) => {
    let bytes = 0;
    const watch: Expiring = {
      deadline: 0,
      expire() {
        if (body.isAwaited) body.fail(new BodyStalledError());
        else allowTime();
      },
    };

    function allowTime(): void {
      bytes = 0;
      watch.deadline = deadlines.after(bodyIdleTimeout);
    }

    allowTime();
    deadlines.add(watch);
    return {
      arrived(more) {
        bytes += more;
        if (bytes >= bodyProgressBytes) allowTime();
      },
      resumed: allowTime,
      end: () => deadlines.delete(watch),
    };
  };
}
