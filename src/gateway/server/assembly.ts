import { AwsError } from "#aws/errors.ts";

/** Too much of other bodies is in memory: the client may try again. */
export class BodyDismissedError extends AwsError {
  constructor() {
    super("ServiceUnavailable", "Service is unable to handle request.", { status: 503 });
  }
}

/** A body that is read whole and has not come to its end. */
export interface Assembling {
  /** So much of it has come. */
  has(bytes: number): void;
  end(): void;
}

/**
 * The bodies of all clients that are being read whole. Most are, before anybody knows who sends them, so it is not enough
 * that each has a limit: where all together have come to more than theirs, the one that has taken longest is dismissed, and
 * whoever sends at a usual pace goes on.
 */
export interface Assembly {
  begin(dismiss: (error: BodyDismissedError) => void): Assembling;
}

export function assembly(maxBytes: number): Assembly {
  /** Oldest first. */
  const open = new Set<{ bytes: number; dismiss: (error: BodyDismissedError) => void }>();
  let total = 0;

  return {
    begin(dismiss) {
      const own = { bytes: 0, dismiss };
      const end = (of = own) => {
        if (open.delete(of)) total -= of.bytes;
      };
      open.add(own);
      return {
        has(bytes) {
          if (!open.has(own)) return;
          total += bytes - own.bytes;
          own.bytes = bytes;
          while (total > maxBytes) {
            const [oldest] = open;
            end(oldest);
            oldest!.dismiss(new BodyDismissedError());
          }
        },
        end: () => end(),
      };
    },
  };
}
