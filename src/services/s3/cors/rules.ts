import type { CORSRule } from "#aws/contract/types/s3.ts";
import { malformedXml } from "../errors.ts";
import {
  exposedCharacter,
  exposedWildcard,
  manyWildcards,
  tooManyRules,
  unsupportedMethod,
} from "./errors.ts";

export const METHODS: ReadonlySet<string> = new Set(["GET", "PUT", "POST", "DELETE", "HEAD"]);

const MAX_RULES = 100;
const MAX_ID_LENGTH = 255;

/**
 * Validates the rules of a CORS configuration.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 * @throws {AwsError} InvalidRequest, MalformedXML
 */
export function checkRules(rules: readonly CORSRule[]): void {
  if (rules.length === 0) throw malformedXml();
  if (rules.length > MAX_RULES) throw tooManyRules();
  for (const rule of rules) checkRule(rule);
}

function checkRule(rule: CORSRule): void {
  const { AllowedMethods: methods, AllowedOrigins: origins, ID: id = "", MaxAgeSeconds: age = 0 } = rule;
  if (methods.length === 0 || origins.length === 0 || id.length > MAX_ID_LENGTH || age < 0)
    throw malformedXml();
  for (const method of methods) if (!METHODS.has(method)) throw unsupportedMethod(method);
  for (const origin of origins) if (wildcards(origin) > 1) throw manyWildcards("AllowedOrigin", origin);
  for (const header of rule.AllowedHeaders ?? [])
    if (wildcards(header) > 1) throw manyWildcards("AllowedHeader", header);
  for (const header of rule.ExposeHeaders ?? []) {
    if (header.includes("*")) throw exposedWildcard(header);
    if (!/^[A-Za-z0-9-]*$/.test(header)) throw exposedCharacter(header);
  }
}

const wildcards = (text: string) => text.split("*").length - 1;

/** The parts of a cross-origin request that rules evaluate. */
export interface PageRequest {
  origin: string;
  method: string;
  /** The headers that the page sends, in lower case. */
  headers: readonly string[];
}

/** Returns the first rule that allows the whole request. */
export function ruleFor(rules: readonly CORSRule[], { origin, method, headers }: PageRequest) {
  return rules.find(
    (rule) =>
      rule.AllowedMethods.includes(method) &&
      rule.AllowedOrigins.some((pattern) => matches(pattern, origin)) &&
      headers.every((header) =>
        (rule.AllowedHeaders ?? []).some((pattern) => matches(pattern.toLowerCase(), header)),
      ),
  );
}

function matches(pattern: string, text: string): boolean {
  const [before, after] = pattern.split("*");
  if (after === undefined) return pattern === text;
  return text.length >= before!.length + after.length && text.startsWith(before!) && text.endsWith(after);
}

/** Returns the response headers for a request that a rule allows. */
export function headersOf(rule: CORSRule, { origin, headers }: PageRequest): Record<string, string> {
  const isForAnyOrigin = rule.AllowedOrigins.includes("*");
  const responseHeaders: Record<string, string> = {
    "access-control-allow-origin": isForAnyOrigin ? "*" : origin,
    "access-control-allow-methods": rule.AllowedMethods.join(", "),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
  if (!isForAnyOrigin) responseHeaders["access-control-allow-credentials"] = "true";
  if (headers.length > 0) responseHeaders["access-control-allow-headers"] = headers.join(", ");
  if (rule.ExposeHeaders?.length)
    responseHeaders["access-control-expose-headers"] = rule.ExposeHeaders.join(", ");
  if (rule.MaxAgeSeconds !== undefined)
    responseHeaders["access-control-max-age"] = String(rule.MaxAgeSeconds);
  return responseHeaders;
}
