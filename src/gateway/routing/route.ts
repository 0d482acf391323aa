import type { ContractIndex, IndexEntry, ProtocolName } from "#aws/contract/format.ts";
import type { Contract, Operation } from "#aws/contract/shapes.ts";
import { AwsError } from "#aws/errors.ts";
import type { HostedEndpoint } from "#kernel/calls/endpoint.ts";
import { memoizeByObject } from "#lib/memoize.ts";
import { firstValue } from "../query.ts";
import { type EndpointHosts, type HostFacts, hostReader } from "./hosts.ts";
import { type RestRouter, restRouter } from "./rest-router.ts";
import { matchS3, unsupportedMethod } from "./s3-route.ts";

/** The parts of a request that determine its operation. */
export interface RouteFacts {
  method: string;
  /** The raw path. */
  path: string;
  /** Decoded pairs. */
  query: readonly (readonly [string, string])[];
  headers: Readonly<Record<string, string>>;
  host: string;
  /** The service in the signature's credential scope; `undefined` for an unsigned call. */
  signingName: string | undefined;
  /** Decoded pairs of the body; present if `needsForm` returned true. */
  form?: readonly (readonly [string, string])[];
}

export interface Route {
  operation: Operation;
  protocol: ProtocolName;
  labels: Record<string, string>;
  /** The raw path, preceded by the bucket of a virtual host. */
  path: string;
  /** The bucket of a virtual host; signatures of Version 2 cover it. */
  hostBucket?: string;
}

/** A request that matches no operation. `protocol` is the one for the error response. */
export interface NoRoute {
  error: AwsError;
  protocol: ProtocolName;
  /** The contract of its service, if the service is known. */
  contract?: Contract;
  /** The raw path, preceded by the bucket of a virtual host. */
  path?: string;
  /** The service endpoint's host that was addressed, if any. */
  at?: HostedEndpoint;
}

export interface Router {
  /**
   * Whether the body must be read before `route` is called: the query protocols have the operation's name in
   * a form.
   */
  needsForm(facts: RouteFacts): boolean;
  route(facts: RouteFacts): Route | NoRoute;
  /**
   * Whether the host names a bucket or a service endpoint, so that no path there belongs to the cloud's own
   * interface.
   */
  namesResource(host: string): boolean;
}

export interface RouterOptions {
  index: ContractIndex;
  loadContract(service: string): Contract;
  /** The domains of this cloud. */
  domains: readonly string[];
  endpointHosts?: EndpointHosts;
}

export const isRouted = (found: Route | NoRoute): found is Route => "operation" in found;

const TARGETS = ["x-amz-target", "x-amzn-target"];
const RPC_PATH = /\/service\/([^/]+)\/operation\/([^/]+)$/;
/** The path of an SQS queue; SQS's query protocol also sends calls there. */
const QUEUE_PATH = /^\/\d{12}\/[^/]+$/;
/** Names that S3's clients sign with in addition to `s3`. */
const S3_SIGNING_NAMES = new Set(["s3express", "s3-object-lambda", "s3-outposts"]);

/**
 * Services that reject an action in another API version. The others ignore the version: links in SNS messages
 * have none.
 */
const STRICT_ABOUT_VERSIONS = new Set(["iam", "sts", "ses"]);
/**
 * Services with their own error message for an unknown action; the others use the message of AWS's framework.
 */
const OWN_UNKNOWN_ACTION = new Set(["ec2", "sqs"]);

/** Routes by, in this order: rpcv2Cbor's path, `X-Amz-Target`, `Action`, and the path. */
export function router({ index, loadContract, domains, endpointHosts }: RouterOptions): Router {
  const byTarget = new Map(
    index.flatMap((entry) => (entry.targetPrefix ? [[entry.targetPrefix, entry] as const] : [])),
  );
  const bySigningName = Map.groupBy(index, (entry) => entry.signingName);
  const byEndpoint = Map.groupBy(index, (entry) => entry.endpointPrefix);
  const byAction = Map.groupBy(
    index.flatMap((entry) => (entry.actions ?? []).map((action) => ({ action, entry }))),
    ({ action }) => action,
  );
  const queryServices = index.filter(speaksQuery);
  const readHost = hostReader(domains, new Set(byEndpoint.keys()), endpointHosts);
  const restRouters = new Map<string, RestRouter>();

  return {
    needsForm,
    route,
    namesResource(name) {
      const host = readHost(name);
      return host.endpoint !== undefined || namesBucket(host);
    },
  };

  function needsForm(facts: RouteFacts): boolean {
    const { method, headers } = facts;
    if (method !== "POST" || targetOf(headers) !== undefined || !isForm(headers)) return false;
    const host = readHost(facts.host);
    return host.endpoint === undefined && mayBeQuery(servicesOf(facts, host));
  }

  function route(facts: RouteFacts): Route | NoRoute {
    const { headers, path } = facts;
    const host = readHost(facts.host);
    const own = host.endpoint ?? (namesBucket(host) ? undefined : ownPath(path));
    if (own !== undefined) return hosted(facts, own);
    if (headers["smithy-protocol"] === "rpc-v2-cbor") {
      const [, target, operation] = RPC_PATH.exec(path) ?? [];
      if (target !== undefined) return byRpcPath(facts, target, operation!);
    }
    const target = targetOf(headers);
    if (target !== undefined) return byName(facts, ...splitTarget(target), targetProtocol(headers));
    const services = servicesOf(facts, host);
    if (services?.length === 0) return unknownService(facts);
    const action = actionOf(facts, services);
    if (action !== undefined) return byActionName(facts, action, services);
    return byPath(facts, host, services ?? bySigningName.get("s3")!);
  }

  /**
   * The operation that `X-Amz-Target` names. A form is a call in the query protocol, so it may have a target of
   * no service, which is ignored: Amazon::SQS::Simple sends `AmazonSQSv20121105.SendMessage` with its queries.
   * https://metacpan.org/pod/Amazon::SQS::Simple
   */
  function targetOf(headers: RouteFacts["headers"]): string | undefined {
    const target = headers["x-amz-target"];
    if (target === undefined || !isForm(headers)) return target;
    const [prefix] = splitTarget(target);
    return byTarget.has(prefix) ? target : undefined;
  }

  /** A service endpoint's own path, `/_sns/…`. Bucket names cannot begin with an underscore. */
  function ownPath(path: string): HostedEndpoint | undefined {
    if (!path.startsWith("/_")) return undefined;
    const slash = path.indexOf("/", 1);
    const label = slash < 0 ? path : path.slice(0, slash);
    const service = endpointHosts?.[label];
    return service === undefined ? undefined : { service, label };
  }

  function hosted({ method, path }: RouteFacts, at: HostedEndpoint): NoRoute {
    const contract = loadContract(at.service);
    return { error: unsupportedMethod(method, path), protocol: contract.protocols[0]!, contract, path, at };
  }

  /** The services that the signature or the host allows; `undefined` if neither restricts them. */
  function servicesOf(
    { signingName }: RouteFacts,
    { endpointPrefix, bucket }: HostFacts,
  ): IndexEntry[] | undefined {
    if (signingName !== undefined) {
      return bySigningName.get(S3_SIGNING_NAMES.has(signingName) ? "s3" : signingName) ?? [];
    }
    if (endpointPrefix !== undefined) return byEndpoint.get(endpointPrefix);
    return bucket === undefined ? undefined : bySigningName.get("s3");
  }

  /** The operation of a query protocol that a request names, if it may be one. */
  function actionOf(
    { form, query, path }: RouteFacts,
    services: IndexEntry[] | undefined,
  ): string | undefined {
    if (!mayBeQuery(services)) return undefined;
    const action = firstValue(form, "Action") ?? firstValue(query, "Action");
    const isForQuery = action !== undefined && (services !== undefined || mayBeUnsignedQuery(action, path));
    return isForQuery ? action : undefined;
  }

  function mayBeUnsignedQuery(action: string, path: string): boolean {
    return byAction.has(action) ? path === "/" || QUEUE_PATH.test(path) : path === "/";
  }

  /**
   * Smithy requires that such headers are rejected: a proxy may have authorized the operation that they name
   * rather than that of the path.
   */
  function byRpcPath(facts: RouteFacts, target: string, operation: string): Route | NoRoute {
    const isPlain = TARGETS.every((name) => facts.headers[name] === undefined);
    if (facts.method === "POST" && isPlain) return byName(facts, target, operation, "rpcv2Cbor");
    return { error: unknownOperation(400), protocol: "rpcv2Cbor" };
  }

  function byName(
    facts: RouteFacts,
    prefix: string,
    name: string,
    requested: ProtocolName | undefined,
  ): Route | NoRoute {
    const entry = byTarget.get(prefix);
    if (entry === undefined) {
      const services = servicesOf(facts, readHost(facts.host));
      if (services?.length === 0) return unknownService(facts);
      return { error: unknownOperation(400), protocol: requested ?? "awsJson1_1" };
    }
    const contract = loadContract(entry.service);
    const protocol =
      requested ?? contract.protocols.find((name) => name.startsWith("awsJson")) ?? "awsJson1_1";
    const operation = contract.operation(name);
    if (operation === undefined) return { error: unknownOperation(400), protocol, contract };
    return { operation, protocol, labels: {}, path: facts.path };
  }

  function byActionName(
    facts: RouteFacts,
    action: string,
    services: IndexEntry[] | undefined,
  ): Route | NoRoute {
    const version = firstValue(facts.form, "Version") ?? firstValue(facts.query, "Version");
    const possible = services === undefined ? queryServices : ofQuery(services);
    const candidates =
      byAction.get(action)?.flatMap(({ entry }) => (possible.includes(entry) ? [entry] : [])) ?? [];
    const ofVersion = (entry: IndexEntry) => entry.apiVersion === version;
    const entry = candidates.find(ofVersion) ?? candidates[0] ?? possible.find(ofVersion) ?? possible[0]!;
    const contract = loadContract(entry.service);
    const protocol = entry.protocols.find(isQuery)!;
    const operation = contract.operation(action);
    const isOfVersion = ofVersion(entry) || !STRICT_ABOUT_VERSIONS.has(entry.service);
    if (operation === undefined || !isOfVersion)
      return { error: invalidAction(entry.service, action, version), protocol, contract };
    return { operation, protocol, labels: {}, path: facts.path };
  }

  function byPath(facts: RouteFacts, host: HostFacts, services: IndexEntry[]): Route | NoRoute {
    const entries = restEntries(facts, services);
    for (const entry of entries) {
      const found = byPathOf(entry, facts, host);
      if (found !== undefined) return found;
    }
    const [first] = entries;
    if (first === undefined) return noOperationError(facts, services[0]!);
    return {
      error: unknownOperation(404),
      protocol: first.protocols[0]!,
      contract: loadContract(first.service),
    };
  }

  function byPathOf(
    { service, protocols }: IndexEntry,
    facts: RouteFacts,
    host: HostFacts,
  ): Route | NoRoute | undefined {
    const protocol = protocols[0]!;
    const bucket = service === "s3" ? bucketOf(host) : undefined;
    const path = bucket === undefined ? facts.path : `/${bucket}${facts.path}`;
    const rest = restRouterOf(service);
    try {
      const match =
        service === "s3"
          ? matchS3(rest, loadContract(service), facts, path)
          : rest.match(facts.method, path, facts.query, facts.headers);
      return match && { ...match, protocol, path, hostBucket: bucket };
    } catch (error) {
      if (error instanceof AwsError) return { error, protocol, path, contract: loadContract(service) };
      if (!(error instanceof URIError)) throw error;
      return { error: undecodable(service, facts.path), protocol, contract: loadContract(service) };
    }
  }

  function restRouterOf(service: string): RestRouter {
    const existing = restRouters.get(service);
    if (existing !== undefined) return existing;
    const compiled = restRouter(loadContract(service));
    restRouters.set(service, compiled);
    return compiled;
  }

  /**
   * S3 accepts almost any path. Its control plane has the same signing name and is recognized by path and
   * header.
   */
  function restEntries({ path, headers }: RouteFacts, services: IndexEntry[]): IndexEntry[] {
    const rest = ofRest(services);
    const isControl = path.startsWith("/v20180820/") && headers["x-amz-account-id"] !== undefined;
    return rest.some((entry) => entry.service === "s3")
      ? rest.filter((entry) => (entry.service === "s3control") === isControl)
      : rest;
  }

  /** The error for a known service when the request names no operation. */
  function noOperationError(facts: RouteFacts, entry: IndexEntry): NoRoute {
    const protocol = entry.protocols.find(isQuery) ?? entry.protocols[0]!;
    const contract = loadContract(entry.service);
    const missing = "The request is missing an action or a required parameter.";
    // A service that has moved from the query protocol to JSON recognizes a form only if it is not empty.
    const isForm = (facts.form?.length ?? 0) + facts.query.length > 0;
    const isMissing = isQuery(protocol) && (isForm || !contract.queryCompatible);
    return {
      error: isMissing ? new AwsError("MissingAction", missing) : unknownOperation(404),
      protocol,
      contract,
    };
  }
}

/** The bucket of a virtual host, if the call is for S3. */
const bucketOf = ({ bucket, label }: HostFacts): string | undefined => bucket ?? label;

/**
 * Whether a host can only be a bucket's. A label that is also a service's name is a bucket only in requests
 * signed for S3.
 */
const namesBucket = (host: HostFacts): boolean =>
  host.bucket !== undefined || (host.endpointPrefix === undefined && host.label !== undefined);

const isQuery = (protocol: ProtocolName) => protocol === "awsQuery" || protocol === "ec2Query";
const speaksQuery = (entry: IndexEntry) => entry.protocols.some(isQuery);
/** Memoized, because there are few such lists and every request looks one up. */
const ofQuery = memoizeByObject((services: IndexEntry[]) => services.filter(speaksQuery));
const ofRest = memoizeByObject((services: IndexEntry[]) =>
  services.filter((entry) => entry.protocols.some((name) => name.startsWith("rest"))),
);
const mayBeQuery = (services: IndexEntry[] | undefined) =>
  services === undefined || ofQuery(services).length > 0;

const mediaType = (headers: Readonly<Record<string, string>>) =>
  headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();

/**
 * The response uses the protocol version of the request. The Java SDK sends CBOR to Kinesis, with the same
 * headers as awsJson.
 */
function targetProtocol(headers: Readonly<Record<string, string>>): ProtocolName | undefined {
  switch (mediaType(headers)) {
    case "application/x-amz-json-1.0":
      return "awsJson1_0";
    case "application/x-amz-json-1.1":
    case "application/x-amz-cbor-1.1":
      return "awsJson1_1";
    case "application/cbor":
      return "rpcv2Cbor";
    default:
      return undefined;
  }
}

const unknownOperation = (status: number) =>
  new AwsError(
    "UnknownOperationException",
    "The requested operation is not supported in the called endpoint.",
    { status },
  );

function invalidAction(service: string, action: string, version: string | undefined): AwsError {
  const message = OWN_UNKNOWN_ACTION.has(service)
    ? `The action ${action} is not valid for this web service.`
    : `Could not find operation ${action} for version ${version ?? "NO_VERSION_SPECIFIED"}`;
  return new AwsError("InvalidAction", message);
}

/** The error for a service without a contract, in the protocol that the request seems to use. */
function unknownService({ signingName, headers }: RouteFacts): NoRoute {
  const error = new AwsError("NotImplemented", `This cloud has no service ${signingName}.`, { status: 501 });
  if (headers["x-amz-target"] !== undefined)
    return { error, protocol: targetProtocol(headers) ?? "awsJson1_1" };
  return { error, protocol: isForm(headers) ? "awsQuery" : "restJson1" };
}

const isForm = (headers: RouteFacts["headers"]) => mediaType(headers) === "application/x-www-form-urlencoded";

/** The prefix and the operation of an `X-Amz-Target`. */
function splitTarget(target: string): [prefix: string, operation: string] {
  const dot = target.lastIndexOf(".");
  return [target.slice(0, dot), target.slice(dot + 1)];
}

const undecodable = (service: string, path: string) =>
  service === "s3"
    ? new AwsError("InvalidURI", "Couldn't parse the specified URI.", { members: { URI: path } })
    : new AwsError("SerializationException", "The request's path is not UTF-8 in percent-encoding.");
