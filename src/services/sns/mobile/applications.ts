import { isDeepStrictEqual } from "node:util";
import { parseArn } from "#aws/arn.ts";
import type { Place } from "#kernel/collection.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { resourceIn } from "../arns.ts";
import {
  applicationNotFound,
  checkSome,
  endpointNotFound,
  invalidAttributes,
  invalidParameter,
} from "../errors.ts";
import { type Application, applications, endpoints, type PlatformEndpoint } from "../store.ts";
import { isSampleRate, notSampleRate } from "../topics/attributes.ts";
import { endpointIn } from "./push.ts";

const PLATFORMS = [
  "ADM",
  "APNS",
  "APNS_SANDBOX",
  "BAIDU",
  "GCM",
  "MPNS",
  "WNS",
  "APNS_VOIP",
  "APNS_VOIP_SANDBOX",
  "MACOS",
  "MACOS_SANDBOX",
];
const APPLICATION_ATTRIBUTES = new Set([
  "PlatformCredential",
  "PlatformPrincipal",
  "EventEndpointCreated",
  "EventEndpointDeleted",
  "EventEndpointUpdated",
  "EventDeliveryFailure",
  "SuccessFeedbackRoleArn",
  "FailureFeedbackRoleArn",
  "SuccessFeedbackSampleRate",
  "ApplePlatformTeamID",
  "ApplePlatformBundleID",
  "Enabled",
]);
/** Platforms that know a service by its key alone. */
const ALONE = new Set(["GCM", "MPNS"]);
/** What is told to nobody again. */
const SECRET = new Set(["PlatformCredential", "PlatformPrincipal"]);
const ENDPOINT_ATTRIBUTES = new Set(["CustomUserData", "Enabled", "Token"]);
const LONGEST_NAME = 256;
const MOST_USER_DATA = 2_048;
/** Bytes: endpoints are found by their tokens. */
const LONGEST_TOKEN = 2_048;
const NO_TOKEN = `must be at most ${LONGEST_TOKEN} bytes long in UTF-8 encoding, without control characters`;
const isToken = (token: string) => Buffer.byteLength(token) <= LONGEST_TOKEN && !/\p{Cc}/u.test(token);
const PAGE = 100;
/** Endpoints that one transaction takes away. */
const MOST_TAKEN = 1_000;

const arnOf = ({ account, region }: Place, kind: "app" | "endpoint", ...path: string[]) =>
  `arn:aws:sns:${region}:${account}:${[kind, ...path].join("/")}`;

function applicationKey(ctx: Context, arn: string): [string, string] {
  const [kind, platform, name, ...more] = resourceIn(ctx, arn, "PlatformApplicationArn").split("/");
  if (name === undefined || more.length > 0)
    throw invalidParameter(
      "PlatformApplicationArn Reason: Wrong number of slashes in relative portion of the ARN.",
    );
  if (kind !== "app" || !platform || !name) throw invalidParameter("PlatformApplicationArn");
  return [platform, name];
}

function endpointKey(ctx: Context, arn: string): [string, string, string] {
  const key = endpointIn(resourceIn(ctx, arn, "EndpointArn"));
  if (!key) throw invalidParameter("EndpointArn");
  return key;
}

export const applicationOperations = {
  async CreatePlatformApplication(ctx, { Name: name, Platform: platform, Attributes: attributes }) {
    checkName(name);
    if (!PLATFORMS.includes(platform))
      throw invalidParameter(`Platform Reason: ${platform} is not supported`);
    checkApplication(attributes);
    checkCredentials(platform, attributes);
    return ctx.transact(async (tx) => {
      const known = await tx.get(applications, [platform, name]);
      if (known && !isDeepStrictEqual(known.attributes, attributes)) {
        throw invalidParameter(
          "Name Reason: An application with the same name but different properties already exists",
        );
      }
      if (!known) tx.put(applications, { platform, name, created: tx.now(), attributes: { ...attributes } });
      return { PlatformApplicationArn: arnOf(ctx, "app", platform, name) };
    });
  },

  async DeletePlatformApplication(ctx, { PlatformApplicationArn }) {
    const [platform, name] = applicationKey(ctx, PlatformApplicationArn);
    const takeSome = () =>
      ctx.transact(async (tx) => {
        const devices = await tx.list(endpoints, { in: [platform, name], limit: MOST_TAKEN });
        for (const { id } of devices) tx.delete(endpoints, [platform, name, id]);
        if (devices.length === MOST_TAKEN) return true;
        tx.delete(applications, [platform, name]);
        return false;
      });
    while (await takeSome());
    return {};
  },

  async GetPlatformApplicationAttributes(ctx, { PlatformApplicationArn }) {
    const found = await ctx.read((tx) => tx.get(applications, applicationKey(ctx, PlatformApplicationArn)));
    if (!found) throw applicationNotFound();
    return { Attributes: told(found) };
  },

  async SetPlatformApplicationAttributes(ctx, { PlatformApplicationArn, Attributes }) {
    checkApplication(Attributes);
    return ctx.transact(async (tx) => {
      const found = await tx.get(applications, applicationKey(ctx, PlatformApplicationArn));
      if (!found) throw applicationNotFound();
      tx.put(applications, { ...found, attributes: { ...found.attributes, ...Attributes } });
      return {};
    });
  },

  async ListPlatformApplications(ctx, { NextToken }) {
    const { records, token } = await page(ctx, {
      listing: ["sns:ListPlatformApplications"],
      token: NextToken,
      limit: PAGE,
      list: (range) => ctx.read((tx) => tx.list(applications, range)),
      position: ({ platform, name }) => [platform, name],
      invalidToken: () => invalidParameter("NextToken"),
    });
    return {
      PlatformApplications: records.map((each) => ({
        PlatformApplicationArn: arnOf(ctx, "app", each.platform, each.name),
        Attributes: told(each),
      })),
      NextToken: token,
    };
  },

  async CreatePlatformEndpoint(ctx, input) {
    const { PlatformApplicationArn, Token: token, CustomUserData, Attributes = {} } = input;
    const [platform, application] = applicationKey(ctx, PlatformApplicationArn);
    if (token === "") throw invalidParameter("Token Reason: cannot be empty");
    if (!isToken(token)) throw invalidParameter(`Token Reason: ${NO_TOKEN}`);
    const given = { ...Attributes, ...(CustomUserData !== undefined && { CustomUserData }) };
    checkEndpoint(given);
    return ctx.transact(async (tx) => {
      if (!(await tx.get(applications, [platform, application]))) throw applicationNotFound();
      const [known] = await tx.listBy(endpoints, "token", { in: [platform, application, token], limit: 1 });
      const attributes = { Enabled: "true", ...given, Token: token };
      const arn = (id: string) => arnOf(ctx, "endpoint", platform, application, id);
      if (known) {
        if (!isSame(known, attributes)) {
          throw invalidParameter(
            `Token Reason: Endpoint ${arn(known.id)} already exists with the same Token, but different attributes.`,
          );
        }
        return { EndpointArn: arn(known.id) };
      }
      const id = tx.uuid();
      tx.put(endpoints, { platform, application, id, token, created: tx.now(), attributes });
      return { EndpointArn: arn(id) };
    });
  },

  async DeleteEndpoint(ctx, { EndpointArn }) {
    const key = endpointKey(ctx, EndpointArn);
    return ctx.transact((tx) => {
      tx.delete(endpoints, key);
      return {};
    });
  },

  async GetEndpointAttributes(ctx, { EndpointArn }) {
    const found = await ctx.read((tx) => tx.get(endpoints, endpointKey(ctx, EndpointArn)));
    if (!found) throw endpointNotFound();
    return { Attributes: found.attributes };
  },

  async SetEndpointAttributes(ctx, { EndpointArn, Attributes }) {
    checkSome(Attributes, "attributes");
    checkEndpoint(Attributes);
    return ctx.transact(async (tx) => {
      const found = await tx.get(endpoints, endpointKey(ctx, EndpointArn));
      if (!found) throw endpointNotFound();
      const attributes = { ...found.attributes, ...Attributes };
      tx.put(endpoints, { ...found, token: attributes.Token ?? found.token, attributes });
      return {};
    });
  },

  async ListEndpointsByPlatformApplication(ctx, { PlatformApplicationArn, NextToken }) {
    const [platform, application] = applicationKey(ctx, PlatformApplicationArn);
    const known = await ctx.read((tx) => tx.get(applications, [platform, application]));
    if (!known) throw applicationNotFound();
    const { records, token } = await page(ctx, {
      listing: ["sns:ListEndpoints", platform, application],
      token: NextToken,
      limit: PAGE,
      list: (range) => ctx.read((tx) => tx.list(endpoints, { in: [platform, application], ...range })),
      position: ({ id }) => [id],
      invalidToken: () => invalidParameter("NextToken"),
    });
    return {
      Endpoints: records.map(({ id, attributes }) => ({
        EndpointArn: arnOf(ctx, "endpoint", platform, application, id),
        Attributes: attributes,
      })),
      NextToken: token,
    };
  },
} satisfies Handlers<"sns">;

/** @throws {AwsError} InvalidParameter */
function checkName(name: string): void {
  const refuse = (reason: string) => invalidParameter(`${name} Reason: ${reason}`);
  if (name === "") throw refuse("cannot be empty");
  if (name.length > LONGEST_NAME) throw refuse(`must be at most ${LONGEST_NAME} characters long`);
  if (!/^[\w.-]+$/.test(name))
    throw refuse("must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'");
}

/** @throws {AwsError} InvalidParameter */
function checkCredentials(platform: string, attributes: Readonly<Record<string, string>>): void {
  const { PlatformCredential: credential, PlatformPrincipal: principal } = attributes;
  if (principal !== undefined && credential === undefined)
    throw invalidAttributes("PlatformPrincipal attribute provided without PlatformCredential");
  if (ALONE.has(platform) && credential !== undefined) return;
  if (credential !== undefined && principal === undefined)
    throw invalidAttributes("PlatformCredential attribute provided without PlatformPrincipal");
  if (!credential) throw invalidAttributes("PlatformCredential attribute is required");
}

function checkApplication(attributes: Readonly<Record<string, string>>): void {
  checkSome(attributes, "attributes");
  for (const [name, value] of Object.entries(attributes)) {
    if (!APPLICATION_ATTRIBUTES.has(name)) throw invalidAttributes(`Invalid attribute name: ${name}`);
    if (name.startsWith("Event") && value !== "" && parseArn(value)?.service !== "sns")
      throw invalidAttributes(`Invalid value for attribute: ${name}`);
    if (name === "SuccessFeedbackSampleRate" && !isSampleRate(value))
      throw invalidAttributes(`Invalid value for attribute: ${name}: ${notSampleRate(value)}`);
  }
}

function checkEndpoint(attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!ENDPOINT_ATTRIBUTES.has(name)) throw invalidAttributes(`Invalid attribute name: ${name}`);
    if (name === "Token" && value === "")
      throw invalidAttributes("Invalid value for attribute: Token: cannot be empty");
    if (name === "Token" && !isToken(value))
      throw invalidAttributes(`Invalid value for attribute: Token: ${NO_TOKEN}`);
    if (name === "Enabled" && !/^(true|false)$/i.test(value))
      throw invalidAttributes("Invalid value for attribute: Enabled: must be true or false");
    if (name === "CustomUserData" && Buffer.byteLength(value) > MOST_USER_DATA)
      throw invalidAttributes(
        "Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding",
      );
  }
}

const isSame = (known: PlatformEndpoint, attributes: Record<string, string>) =>
  Object.entries(attributes).every(([name, value]) => known.attributes[name] === value);

const told = ({ attributes }: Application) => ({
  Enabled: "true",
  ...Object.fromEntries(Object.entries(attributes).filter(([name]) => !SECRET.has(name))),
});
