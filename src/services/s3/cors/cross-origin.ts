import type { AwsError } from "#aws/errors.ts";
import { s3Ids } from "#aws/protocols/s3.ts";
import type { CrossOrigin, CrossOriginVerdict, EndpointRequest } from "#kernel/calls/endpoint.ts";
import { percentDecoded } from "#lib/percent.ts";
import { buckets } from "../store.ts";
import { corsRules } from "./configuration.ts";
import {
  corsBucketNotFound,
  corsNotAllowed,
  corsNotEnabled,
  invalidRequestMethod,
  originNeeded,
} from "./errors.ts";
import { headersOf, METHODS, ruleFor } from "./rules.ts";

/**
 * Evaluates cross-origin requests by the CORS rules of the bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 */
export const crossOrigin: CrossOrigin = async (request, { ctx }) => {
  const { name, resource } = placeOf(request);
  const { origin } = request.headers;
  const requestedMethod = request.headers["access-control-request-method"] || undefined;
  const isPreflight = request.method === "OPTIONS";
  if (origin === undefined || (isPreflight && origin === "")) return withoutRules(originNeeded());
  if (name === undefined) return undefined;
  const { bucket, rules } = await ctx.read(async (tx) => {
    const bucket = await tx.get(buckets, [name]);
    return { bucket, rules: bucket && (await corsRules.get(tx, bucket)) };
  });
  const method = isPreflight ? (requestedMethod ?? "") : request.method;
  if (isPreflight && requestedMethod !== undefined && !REQUESTABLE.has(requestedMethod))
    return { ...withoutRules(invalidRequestMethod(requestedMethod)), ruled: !!rules };
  if (!bucket) return withoutRules(corsBucketNotFound(method || "OPTIONS"));
  const harmless = request.at !== undefined;
  if (!rules) return { ...withoutRules(corsNotEnabled(method || "OPTIONS")), harmless };
  if (method === "") return { ...withoutRules(invalidRequestMethod(requestedMethod)), ruled: true };
  const page = { origin, method, headers: isPreflight ? requestedHeaders(request) : [] };
  const rule = ruleFor(rules, page);
  return {
    ...(rule && { headers: { ...headersOf(rule, page), ...(isPreflight && s3Ids(request.meta)) } }),
    refusal: corsNotAllowed(method, resource),
    ruled: true,
    // As in S3, a GET or HEAD that no rule allows is served without CORS headers, so that the browser hides
    // the response. All other requests are refused.
    harmless: harmless || method === "GET" || method === "HEAD",
  };
};

/** The methods that a preflight request may ask for. Rules allow fewer. */
const REQUESTABLE: ReadonlySet<string> = new Set([...METHODS, "PATCH", "OPTIONS"]);

const withoutRules = (refusal: AwsError): CrossOriginVerdict => ({ refusal, ruled: false, harmless: false });

/**
 * Returns the bucket and the type of resource that a request names. At a website endpoint, all callers are
 * anonymous, so a page cannot act on behalf of a user.
 */
function placeOf({ path, at }: EndpointRequest): { name: string | undefined; resource: string } {
  const [, first = "", ...rest] = path.split("/");
  if (at) return { name: at.name, resource: first === "" && rest.length === 0 ? "BUCKET" : "OBJECT" };
  return { name: percentDecoded(first) || undefined, resource: rest.join("") === "" ? "BUCKET" : "OBJECT" };
}

function requestedHeaders({ headers }: EndpointRequest): string[] {
  const list = headers["access-control-request-headers"] ?? "";
  return list
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}
