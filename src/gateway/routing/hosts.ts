import type { HostedEndpoint } from "#kernel/calls/endpoint.ts";
import { memoizeByText } from "#lib/memoize.ts";

/** The parts of the name in a request's Host header. */
export interface HostFacts {
  /** The service's endpoint prefix, if the name has one: `sqs`, `streams.dynamodb`, `s3-control`. */
  endpointPrefix?: string;
  /** The bucket before S3's name: `bucket.s3.us-east-1.localhost`. */
  bucket?: string;
  /**
   * The label directly before the domain: a bucket if the call is for S3, even if a service has the same
   * name.
   */
  label?: string;
  /** The service endpoint that the host belongs to; such a host does not serve operations. */
  endpoint?: HostedEndpoint;
}

/**
 * Services by the labels of their endpoints' hosts (`s3-website` in `photos.s3-website.localhost`) or by
 * paths (`/_sns`).
 */
export type EndpointHosts = Readonly<Record<string, string>>;

/** AWS's own domains. The second of each pair has the dual-stack names, which resolve to IPv6 as well. */
export const AWS_DOMAINS = ["amazonaws.com", "api.aws", "amazonaws.com.cn", "api.amazonwebservices.com.cn"];

const REGION = "(?:[a-z]+(?:-[a-z]+)+-\\d+|external-1)";
const S3_NAME = new RegExp(`^(?:(.+?)\\.)?s3(?:-fips)?(?:\\.dualstack)?(?:[.-]${REGION})?$`);
const S3_ACCELERATE = /^(.+)\.s3-accelerate(?:\.dualstack)?$/;
/** The Regional endpoint of directory buckets, `s3express-control`, and their Zonal ones, `s3express-use1-az4`. */
const S3_EXPRESS = new RegExp(`^(?:(.+)\\.)?s3express-[a-z0-9-]+(?:\\.dualstack)?\\.${REGION}$`);
const S3_ACCESS_POINT = new RegExp(
  `^(.+)-(\\d{12})\\.s3-accesspoint(?:-fips)?(?:\\.dualstack)?\\.(${REGION})$`,
);
const S3_MULTI_REGION = /^(.+\.mrap)\.accesspoint\.s3-global$/;
const SERVICE_NAME = new RegExp(`^(.+?)(?:-fips)?(?:\\.dualstack)?(?:\\.${REGION})?$`);

/** Prefixes that some operations put before their service's name, even with custom endpoints. */
const OPERATION_PREFIX = /^(?:sync-|stream-|\d{12}\.(?=s3-control$))/;

/** Clients can choose host names freely, but use few at a time. */
const MAX_CACHED_HOSTS = 1_000;

/**
 * @param domains the domains of this cloud: `localhost`, `amazonaws.com`
 * @param endpointPrefixes the endpoint prefixes of all services
 */
export function hostReader(
  domains: readonly string[],
  endpointPrefixes: ReadonlySet<string>,
  endpointHosts: EndpointHosts = {},
): (host: string) => HostFacts {
  const labels = Object.keys(endpointHosts)
    .filter((label) => !label.startsWith("/"))
    .join("|");
  const hosted = labels === "" ? undefined : new RegExp(`^(?:(.+)\\.)?(${labels})(?:[.-](${REGION}))?$`);
  const suffixes = domains.map((domain) => `.${domain}`).sort((a, b) => b.length - a.length);
  return memoizeByText(MAX_CACHED_HOSTS, (host) => {
    const name = nameIn(host.replace(/:\d+$/, "").toLowerCase(), suffixes);
    if (name === undefined) return {};
    const [, resource, label, region] = hosted?.exec(name) ?? [];
    if (label === undefined) return readName(name, endpointPrefixes);
    return { endpoint: { service: endpointHosts[label]!, label, name: resource, region } };
  });
}

/**
 * The part of the host before the domain; `undefined` if the host is in none of the domains, or is itself a
 * domain below another.
 */
function nameIn(host: string, suffixes: readonly string[]): string | undefined {
  if (suffixes.includes(`.${host}`)) return undefined;
  const suffix = suffixes.find((candidate) => host.endsWith(candidate));
  return suffix === undefined ? undefined : host.slice(0, -suffix.length);
}

function readName(name: string, endpointPrefixes: ReadonlySet<string>): HostFacts {
  const s3 =
    S3_NAME.exec(name) ?? S3_ACCELERATE.exec(name) ?? S3_MULTI_REGION.exec(name) ?? S3_EXPRESS.exec(name);
  if (s3 !== null) return { endpointPrefix: "s3", bucket: s3[1] };
  const [, point, account, region] = S3_ACCESS_POINT.exec(name) ?? [];
  // The access point's ARN takes the place of a bucket's name, with colons instead of slashes, since it
  // becomes one segment of a path.
  if (point !== undefined)
    return { endpointPrefix: "s3", bucket: `arn:aws:s3:${region}:${account}:accesspoint:${point}` };
  const service = SERVICE_NAME.exec(name)?.[1] ?? name;
  const endpointPrefix = [service, service.replace(OPERATION_PREFIX, "")].find((prefix) =>
    endpointPrefixes.has(prefix),
  );
  return { endpointPrefix, label: name };
}
