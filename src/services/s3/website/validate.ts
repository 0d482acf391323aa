import type {
  Condition,
  Redirect,
  RedirectAllRequestsTo,
  RoutingRule,
  WebsiteConfiguration,
} from "#aws/contract/types/s3.ts";
import { malformedXml } from "../errors.ts";
import {
  blankHost,
  emptyCondition,
  indexNeeded,
  invalidErrorCode,
  invalidErrorKey,
  invalidProtocol,
  invalidRedirectCode,
  invalidSuffix,
  redirectHostNeeded,
  redirectsAllAndMore,
  tooManyRoutingRules,
  twoReplacements,
} from "./errors.ts";

const MAX_RULES = 50;

/**
 * Validates a website configuration.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html
 * @throws {AwsError} InvalidArgument, InvalidRequest, MalformedXML
 */
export function checkWebsite(website: WebsiteConfiguration): void {
  const {
    RedirectAllRequestsTo: all,
    IndexDocument: index,
    ErrorDocument: error,
    RoutingRules: rules,
  } = website;
  if (all) {
    if (index ?? error ?? rules) throw redirectsAllAndMore();
    checkRedirectAll(all);
    return;
  }
  if (!index) throw indexNeeded();
  if (index.Suffix === undefined) throw malformedXml();
  if (index.Suffix === "" || index.Suffix.includes("/")) throw invalidSuffix(index.Suffix);
  if (error && error.Key === undefined) throw malformedXml();
  if (error?.Key === "") throw invalidErrorKey();
  if (rules) checkRules(rules);
}

function checkRedirectAll({ HostName: host, Protocol: protocol }: RedirectAllRequestsTo): void {
  if (host === undefined) throw malformedXml();
  if (host === "") throw redirectHostNeeded();
  checkProtocol(protocol);
}

function checkRules(rules: readonly RoutingRule[]): void {
  if (rules.length === 0) throw malformedXml();
  if (rules.length > MAX_RULES) throw tooManyRoutingRules(rules.length);
  for (const rule of rules) checkRule(rule);
}

function checkRule({ Condition: condition, Redirect: redirect }: RoutingRule): void {
  if (!redirect) throw malformedXml();
  if (condition) checkCondition(condition);
  checkRedirect(redirect);
}

function checkCondition({ HttpErrorCodeReturnedEquals: code, KeyPrefixEquals: prefix }: Condition): void {
  if (code === undefined && prefix === undefined) throw emptyCondition();
  if (code === undefined) return;
  if (!/^\d+$/.test(code)) throw malformedXml();
  if (!/^[45]\d\d$/.test(code)) throw invalidErrorCode(code);
}

function checkRedirect(redirect: Redirect): void {
  const { HttpRedirectCode: code, ReplaceKeyWith: key, ReplaceKeyPrefixWith: prefix } = redirect;
  if ((code ?? key ?? prefix ?? redirect.HostName ?? redirect.Protocol) === undefined) throw malformedXml();
  if (redirect.HostName === "") throw blankHost();
  if (key !== undefined && prefix !== undefined) throw twoReplacements();
  checkProtocol(redirect.Protocol);
  if (code === undefined) return;
  if (!/^\d+$/.test(code)) throw malformedXml();
  if (!/^3\d\d$/.test(code) || code === "300") throw invalidRedirectCode(code);
}

function checkProtocol(protocol: string | undefined): void {
  if (protocol !== undefined && protocol !== "http" && protocol !== "https") throw invalidProtocol();
}
