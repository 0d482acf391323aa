import { accessKeyId as newAccessKeyId } from "#aws/access-key-id.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { Sealer } from "../secrets/seal.ts";
import type { Principal } from "./principal.ts";

/**
 * Temporary credentials. Their sealed token contains everything needed to verify them and nothing is stored,
 * so they survive a restart, are valid in every process, and need no lookup.
 */
export interface Session {
  accessKeyId: string;
  secret: string;
  principal: Principal;
  /** Cloud time. */
  expires: number;
}

/** Tokens of sessions with a bucket are sent in a header of their own, and are not good for anything else. */
const purposeOf = (ofBucket: boolean) => (ofBucket ? "bucket session" : "session");
const SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export const isSessionKey = (accessKeyId: string): boolean => accessKeyId.startsWith("ASIA");

export function issueSession(
  { seal, random, clock }: { seal: Sealer; random: Random; clock: Clock },
  principal: Principal,
  milliseconds: number,
): Session & { token: string } {
  const accessKeyId = newAccessKeyId("ASIA", principal.account, random);
  const session: Session = {
    accessKeyId,
    secret: random.text(40, SECRET_ALPHABET),
    principal: { ...principal, accessKeyId },
    expires: clock.now() + milliseconds,
  };
  return { ...session, token: seal.seal(purposeOf(principal.bucketSession !== undefined), session) };
}

/** Returns `undefined` for a token that this cloud did not issue, or not for that key or kind of session. */
export function openSession(
  seal: Sealer,
  accessKeyId: string,
  token: string,
  ofBucket = false,
): Session | undefined {
  const session = seal.unseal(purposeOf(ofBucket), token) as Session | undefined;
  return session?.accessKeyId === accessKeyId ? session : undefined;
}
