import { loadContract } from "#aws/contract/contract.ts";
import type { WebsiteConfiguration } from "#aws/contract/types/s3.ts";
import { AwsError } from "#aws/errors.ts";
import { protocol } from "#aws/protocols/index.ts";
import type { Clients } from "#kernel/calls/clients.ts";
import type { Endpoint, EndpointAnswer, EndpointRequest } from "#kernel/calls/endpoint.ts";
import type { Context } from "#kernel/context.ts";
import type { Input } from "#kernel/service.ts";
import { percentDecoded } from "#lib/percent.ts";
import { ABOUT_S3 } from "../access/errors.ts";
import { noSuchBucket } from "../buckets/errors.ts";
import { pathEncodedKey } from "../key-encoding.ts";
import { rangeCondition } from "../objects/conditions.ts";
import { type Bucket, buckets } from "../store.ts";
import { websites } from "./configuration.ts";
import { incorrectEndpoint, invalidUri, noSuchWebsite, websiteMethodNotAllowed } from "./errors.ts";
import { errorHeaders, errorPage, redirection } from "./pages.ts";
import { inHeader, redirectTarget, type Visit } from "./routing.ts";

/**
 * The website endpoint of a bucket: anonymous reads, with responses for browsers.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
 */
export const websiteEndpoint: Endpoint = {
  host: "s3-website",
  accepts: () => true,
  async serve(request, context) {
    try {
      const visitor = await context.callerOf(undefined);
      return await respondTo(request, context.ctx, visitor);
    } catch (error) {
      if (error instanceof AwsError) return errorPage(error, request.meta);
      throw error;
    }
  },
};

async function respondTo(request: EndpointRequest, ctx: Context, visitor: Clients): Promise<EndpointAnswer> {
  const { method, path, meta, at, headers } = request;
  if (at?.name === undefined) return redirection({ status: 301, location: ABOUT_S3 }, meta);
  if (method !== "GET" && method !== "HEAD")
    throw websiteMethodNotAllowed(method, path === "/" ? "BUCKET" : "OBJECT");
  const { bucket, website } = await siteAt(ctx, at.name, at.region);
  const scheme = request.url.slice(0, request.url.indexOf(":"));
  const visit = { scheme, host: headers.host ?? "", key: keyIn(path) };
  const all = website.RedirectAllRequestsTo;
  if (all) {
    const query = request.query === "" ? "" : `?${inHeader(request.query)}`;
    const location = `${all.Protocol ?? scheme}://${inHeader(all.HostName)}/${pathEncodedKey(visit.key)}${query}`;
    return redirection({ status: 301, location }, meta);
  }
  const early = redirectTarget(website.RoutingRules, visit, undefined);
  if (early) return redirection(early, meta);
  const site: Site = { bucket, website, visitor, request };
  try {
    return await page(site, visit.key);
  } catch (error) {
    if (error instanceof AwsError) return fallback(site, visit, error);
    throw error;
  }
}

interface Site {
  bucket: Bucket;
  website: WebsiteConfiguration;
  visitor: Clients;
  request: EndpointRequest;
}

/** @throws {AwsError} NoSuchBucket, NoSuchWebsiteConfiguration, IncorrectEndpoint */
async function siteAt(ctx: Context, name: string, region: string | undefined) {
  const { bucket, website } = await ctx.read(async (tx) => {
    const bucket = await tx.get(buckets, [name]);
    return { bucket, website: bucket && (await websites.get(tx, bucket)) };
  });
  if (!bucket) throw noSuchBucket(name);
  if (region !== undefined && region !== bucket.region)
    throw incorrectEndpoint(`${name}.s3-website-${bucket.region}.amazonaws.com`);
  if (!website) throw noSuchWebsite(name);
  return { bucket, website };
}

/** Unlike in the paths of the REST API, `+` is not a space. */
function keyIn(path: string): string {
  const key = percentDecoded(path.slice(1));
  if (key === undefined) throw invalidUri(path);
  return key;
}

const isFolder = (key: string) => key === "" || key.endsWith("/");

const suffixOf = ({ website }: Site) => website.IndexDocument?.Suffix ?? "";

/**
 * Returns the page of a key: the object itself, or the index document of a folder.
 * @throws {AwsError} the errors of GetObject
 */
async function page(site: Site, key: string): Promise<EndpointAnswer> {
  const object = isFolder(key) ? key + suffixOf(site) : key;
  const { answer, location, body } = await objectAt(site, object, site.request.headers);
  if (location === undefined) return answer;
  release(body);
  return redirection({ status: 301, location }, site.request.meta);
}

/** The request headers that are passed on to GetObject. */
const FORWARDED = ["range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

const restXml = protocol("restXml");

interface ObjectAnswer {
  answer: EndpointAnswer;
  body: unknown;
  location: string | undefined;
}

/**
 * Reads an object. With `If-Range`, the response is a range if the client's part is
 * current, otherwise the whole object.
 */
async function objectAt(site: Site, key: string, headers: EndpointRequest["headers"]): Promise<ObjectAnswer> {
  const { range, "if-range": ifRange, ...others } = headers;
  if (range === undefined || ifRange === undefined || others["if-match"] !== undefined)
    return read(site, key, headers);
  const { ifMatch, ifUnmodifiedSince } = rangeCondition(ifRange);
  const condition: Record<string, string> = ifUnmodifiedSince
    ? { "if-unmodified-since": ifUnmodifiedSince.toUTCString() }
    : { "if-match": ifMatch! };
  try {
    return await read(site, key, { ...headers, ...condition });
  } catch (error) {
    if (!(error instanceof AwsError && error.status === 412)) throw error;
    return read(site, key, others);
  }
}

async function read(
  { bucket, visitor, request }: Site,
  key: string,
  headers: EndpointRequest["headers"],
): Promise<ObjectAnswer> {
  const name = request.method === "HEAD" ? "HeadObject" : "GetObject";
  const operation = loadContract("s3").operation(name)!;
  const forwarded = Object.fromEntries(
    FORWARDED.flatMap((header) => (headers[header] === undefined ? [] : [[header, headers[header]]])),
  );
  const labels = { Bucket: bucket.name, Key: key };
  const wire = { method: request.method, query: [], headers: forwarded, labels, body: new Uint8Array() };
  const input = restXml.decode(operation, wire) as unknown as Input<"s3", "GetObject">;
  const output = await visitor.s3[name](input);
  const { WebsiteRedirectLocation: redirectLocation, ...object } = output;
  return {
    answer: restXml.encode(operation, object, request.meta),
    body: "Body" in object ? object.Body : undefined,
    location: redirectLocation === undefined ? undefined : inHeader(redirectLocation),
  };
}

/** Releases the bytes of an object that is not sent because it redirects. */
function release(body: unknown): void {
  const bytes = body as Partial<AsyncIterable<Uint8Array>> | undefined;
  Promise.resolve(bytes?.[Symbol.asyncIterator]?.().return?.()).catch(() => {});
}

/**
 * Returns the response in place of a page that cannot be read: 304, a redirect to the folder with its slash
 * or by a rule, the bucket's error document, or S3's error page.
 */
async function fallback(site: Site, visit: Visit, error: AwsError): Promise<EndpointAnswer> {
  const { website, request } = site;
  const { meta } = request;
  if (error.status === 304)
    return restXml.encodeError(loadContract("s3").operation("GetObject"), error, meta);
  if (await isFolderWithoutSlash(site, visit.key, error))
    return redirection({ status: 302, location: `/${pathEncodedKey(visit.key)}/` }, meta);
  const late = redirectTarget(website.RoutingRules, visit, error.status);
  if (late) return redirection(late, meta);
  const document = website.ErrorDocument?.Key;
  if (document === undefined || error.status >= 500) return errorPage(error, meta);
  try {
    const { answer, location } = await objectAt(site, document, {});
    const headers = { ...answer.headers, ...errorHeaders(error, meta) };
    // An error document that redirects is sent with its content nevertheless.
    if (location !== undefined) return { ...answer, status: 301, headers: { ...headers, location } };
    return { ...answer, status: error.status, headers };
  } catch (failure) {
    if (failure instanceof AwsError) return errorPage(error, meta, failure);
    throw failure;
  }
}

/**
 * Whether a key lacks only the slash of an existing folder. Callers who may not list the bucket get 403 for a
 * missing key, so the folder may exist in that case, too.
 */
async function isFolderWithoutSlash(site: Site, key: string, error: AwsError): Promise<boolean> {
  if (isFolder(key) || (error.status !== 404 && error.status !== 403)) return false;
  try {
    await site.visitor.s3.HeadObject({ Bucket: site.bucket.name, Key: `${key}/${suffixOf(site)}` });
    return true;
  } catch (failure) {
    if (failure instanceof AwsError) return false;
    throw failure;
  }
}
