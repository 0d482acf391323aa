import { AwsError } from "#aws/errors.ts";

/** Too much of other clients' bodies is in memory; the client may retry. */
export class BodyDismissedError extends AwsError {
  constructor() {
    super("ServiceUnavailable", "Service is unable to handle request.", { status: 503 });
  }
}

/** An incomplete body that is being read whole. */
export interface Assembling {
  /** Reports that `bytes` bytes of it have arrived. */
  has(bytes: number): void;
  end(): void;
}

/**
 * The bodies of all clients that are being read whole. Most are read before their sender is authenticated, so
 * a limit per body is not sufficient: if their total exceeds the limit, the oldest one is dismissed, and
 * clients that send at a usual pace are unaffected.
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
