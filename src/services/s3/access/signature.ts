import { parseAmzDate } from "#aws/signature/amz-date.ts";
import { ALGORITHM } from "#aws/signature/sigv4.ts";
import { ASYMMETRIC } from "#aws/signature/sigv4a.ts";
import type { RequestFacts } from "#kernel/context.ts";

/** How a request was signed, for use in policy conditions. */
export interface Signature {
  by: "REST-HEADER" | "REST-QUERY-STRING" | "POST";
  version: "AWS" | typeof ALGORITHM | typeof ASYMMETRIC;
  /** The time at which a presigned URL was signed, in milliseconds since 1970; unknown for other requests. */
  at?: number;
}

export function signatureOf({ method, headers, query = "" }: RequestFacts): Signature {
  const { authorization } = headers;
  if (authorization !== undefined)
    return {
      by: "REST-HEADER",
      version: authorization.startsWith("AWS ") ? "AWS" : versionOf(authorization),
    };
  if (method === "POST" && /^multipart\/form-data/i.test(headers["content-type"] ?? ""))
    return { by: "POST", version: ALGORITHM };
  const parameters = new URLSearchParams(query);
  const date = parameters.get("X-Amz-Date");
  if (date === null) return { by: "REST-QUERY-STRING", version: "AWS" };
  const version = versionOf(parameters.get("X-Amz-Algorithm") ?? "");
  return { by: "REST-QUERY-STRING", version, at: parseAmzDate(date) };
}

const versionOf = (text: string) => (text.startsWith(ASYMMETRIC) ? ASYMMETRIC : ALGORITHM);

export const ageOf = (signedAt: number | undefined, now: number): string | undefined =>
  signedAt === undefined ? undefined : String(now - signedAt);
