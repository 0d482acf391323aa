import type { Contract } from "#aws/contract/shapes.ts";
import { AwsError } from "#aws/errors.ts";
import type { RestMatch, RestRouter } from "./rest-router.ts";
import type { RouteFacts } from "./route.ts";
import { methodNotAllowed, selected } from "./selectors.ts";

/**
 * An empty `id` of a bucket configuration counts as missing. In keys, `+` is a space, as in forms.
 * @param requested the path, preceded by the bucket of a virtual host
 * @throws {AwsError} for a method or selector that S3 does not support, at this path or at all
 */
export function matchS3(
  rest: RestRouter,
  contract: Contract,
  facts: RouteFacts,
  requested: string,
): RestMatch {
  const { method, query, headers, signingName } = facts;
  const path = requested === facts.path ? withoutSecondSlash(requested) : requested;
  // Directory buckets are listed at the same path as others, by clients that sign for S3 Express.
  if (signingName === "s3express" && path === "/" && method === "GET")
    return { operation: contract.operation("ListDirectoryBuckets")!, labels: {} };
  const select = query.length > 0 && S3_HTTP_METHODS.has(method) ? selected(method, path, query) : undefined;
  const at = select?.ofBucket ? path.slice(0, path.indexOf("/", 1)) : path;
  const effectiveQuery = select ? query.filter(([name, value]) => name !== "id" || value !== "") : query;
  const match = rest.match(method, at.replaceAll("+", "%20"), effectiveQuery, headers, select?.name);
  if (match === undefined) throw unsupportedMethod(method, path);
  return match;
}

/**
 * Removes the second of two slashes after a directory bucket in a path. The AWS SDK for JavaScript sends both where
 * the endpoint is an IP address.
 */
const withoutSecondSlash = (path: string): string =>
  path.includes("--x-s3//") ? path.replace(/^(\/[^/]+--x-s3\/)\//, "$1") : path;

/** The error for a method that S3 does not support, at this path or at all. */
export function unsupportedMethod(method: string, path: string): AwsError {
  if (!S3_HTTP_METHODS.has(method))
    return new AwsError("BadRequest", "An error occurred when parsing the HTTP request.");
  const [, bucket = "", ...key] = path.split("/");
  const resource = bucket === "" ? "SERVICE" : key.join("") === "" ? "BUCKET" : "OBJECT";
  return methodNotAllowed(method, resource, S3_METHODS[resource]);
}

const S3_HTTP_METHODS = new Set(["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"]);

/** The methods of S3's resources, as the `Allow` header lists them. */
const S3_METHODS = {
  SERVICE: "GET",
  BUCKET: "HEAD, DELETE, POST, GET, PUT",
  OBJECT: "HEAD, DELETE, GET, PUT",
};
