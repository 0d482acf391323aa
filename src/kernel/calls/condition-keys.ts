/**
 * The global condition keys, which every call has, whatever its service.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
import type { Keys } from "#aws/languages/policy/pattern.ts";
import type { AccessFact, AuthorizationContext } from "./authorize.ts";
import type { Principal } from "./principal.ts";

/** @param owner the account that the resource belongs to */
export function keysOf(call: AuthorizationContext, { conditions }: AccessFact, owner: string): Keys {
  const own = ownKeys(conditions);
  return (name) => own(name) ?? globalKey(name, call, owner);
}

/** The service's own keys. Names in a record are spelled as AWS spells them; lookups are in lower case. */
function ownKeys(conditions: AccessFact["conditions"]): Keys {
  if (typeof conditions === "function") return conditions;
  if (!conditions) return () => undefined;
  const entries = Object.entries(conditions);
  return (name) => entries.find(([key]) => key.toLowerCase() === name)?.[1];
}

const PRINCIPAL_TYPES = {
  root: "Account",
  user: "User",
  role: "AssumedRole",
  anonymous: "Anonymous",
  service: undefined,
} as const satisfies Record<Principal["type"], string | undefined>;

const TAG = "aws:principaltag/";

function globalKey(name: string, call: AuthorizationContext, owner: string): ReturnType<Keys> {
  const { principal, request, calledVia } = call;
  switch (name) {
    case "aws:sourceip":
      return request?.sourceIp;
    case "aws:securetransport":
      // A call between services stays within the process.
      return String(request?.secure ?? true);
    case "aws:useragent":
      return request?.userAgent;
    case "aws:referer":
      return request?.headers.referer;
    case "aws:currenttime":
      return new Date(call.clock.now()).toISOString();
    case "aws:epochtime":
      return String(Math.floor(call.clock.now() / 1_000));
    case "aws:requestedregion":
      return call.region;
    case "aws:resourceaccount":
      return owner || undefined;
    case "aws:viaawsservice":
      return String(calledVia !== undefined);
    case "aws:calledvia":
      return calledVia;
    case "aws:calledviafirst":
      return calledVia?.[0];
    case "aws:calledvialast":
      return calledVia?.at(-1);
    case "aws:userid":
      return principal.type === "service" ? undefined : principal.id;
    case "aws:username":
      return principal.type === "user" ? principal.arn.slice(principal.arn.lastIndexOf("/") + 1) : undefined;
    case "aws:principaltype":
      return PRINCIPAL_TYPES[principal.type];
    case "aws:principalaccount":
      return principal.account || undefined;
    case "aws:principalarn":
      return principal.account === "" ? undefined : (principal.role ?? principal.arn);
    case "aws:principalisawsservice":
      return String(principal.type === "service");
    case "aws:principalservicename":
      return principal.type === "service" ? principal.arn : undefined;
    case "aws:sourcearn":
      return principal.sourceArn;
    case "aws:sourceaccount":
      return principal.sourceAccount;
    default:
      if (name.startsWith(TAG)) return valueIn(principal.tags, name.slice(TAG.length));
      return valueIn(principal.keys, name);
  }
}

/**
 * Looks up a name without regard to case: condition key names are case-insensitive, including the tag key
 * that they may contain.
 */
function valueIn(values: Readonly<Record<string, string>> = {}, name: string): string | undefined {
  for (const key of Object.keys(values)) if (key.toLowerCase() === name) return values[key];
  return undefined;
}
