import { isDeepStrictEqual } from "node:util";
import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import { page } from "#kernel/records/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { resourceIn } from "../arns.ts";
import { applicationNotFound, checkSome, invalidAttributes, invalidParameter } from "../errors.ts";
import { type Application, applications, endpoints } from "../store.ts";
import { isSampleRate, notSampleRate } from "../topics/attributes.ts";

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
/** Platforms whose credential is one key, without a principal. */
const WITHOUT_PRINCIPAL = new Set(["GCM", "MPNS"]);
/** Attributes that responses omit. */
const SECRET = new Set(["PlatformCredential", "PlatformPrincipal"]);
const MAX_NAME_LENGTH = 256;
const PAGE = 100;
/** The maximum endpoints that one transaction deletes. */
const MAX_DELETED = 1_000;

const arnOf = ({ account, region }: Place, platform: string, name: string) =>
  `arn:aws:sns:${region}:${account}:app/${platform}/${name}`;

/**
 * The platform and the name in an application's ARN.
 * @throws {AwsError} InvalidParameter
 */
export function applicationKey(ctx: Context, arn: string): [string, string] {
  const [kind, platform, name, ...more] = resourceIn(ctx, arn, "PlatformApplicationArn").split("/");
  if (name === undefined || more.length > 0)
    throw invalidParameter(
      "PlatformApplicationArn Reason: Wrong number of slashes in relative portion of the ARN.",
    );
  if (kind !== "app" || !platform || !name) throw invalidParameter("PlatformApplicationArn");
  return [platform, name];
}

export const applicationOperations = {
  async CreatePlatformApplication(ctx, { Name: name, Platform: platform, Attributes: attributes }) {
    checkName(name);
    if (!PLATFORMS.includes(platform))
      throw invalidParameter(`Platform Reason: ${platform} is not supported`);
    checkApplication(attributes);
    checkCredentials(platform, attributes);
    return ctx.transact(async (tx) => {
      const existing = await tx.get(applications, [platform, name]);
      if (existing && !isDeepStrictEqual(existing.attributes, attributes)) {
        throw invalidParameter(
          "Name Reason: An application with the same name but different properties already exists",
        );
      }
      if (!existing)
        tx.put(applications, { platform, name, created: tx.now(), attributes: { ...attributes } });
      return { PlatformApplicationArn: arnOf(ctx, platform, name) };
    });
  },

  async DeletePlatformApplication(ctx, { PlatformApplicationArn }) {
    const [platform, name] = applicationKey(ctx, PlatformApplicationArn);
    const deleteSome = () =>
      ctx.transact(async (tx) => {
        const devices = await tx.list(endpoints, { in: [platform, name], limit: MAX_DELETED });
        for (const { id } of devices) tx.delete(endpoints, [platform, name, id]);
        if (devices.length === MAX_DELETED) return true;
        tx.delete(applications, [platform, name]);
        return false;
      });
    while (await deleteSome());
    return {};
  },

  async GetPlatformApplicationAttributes(ctx, { PlatformApplicationArn }) {
    const application = await ctx.read((tx) =>
      tx.get(applications, applicationKey(ctx, PlatformApplicationArn)),
    );
    if (!application) throw applicationNotFound();
    return { Attributes: publicAttributes(application) };
  },

  async SetPlatformApplicationAttributes(ctx, { PlatformApplicationArn, Attributes }) {
    checkApplication(Attributes);
    return ctx.transact(async (tx) => {
      const application = await tx.get(applications, applicationKey(ctx, PlatformApplicationArn));
      if (!application) throw applicationNotFound();
      tx.put(applications, { ...application, attributes: { ...application.attributes, ...Attributes } });
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
        PlatformApplicationArn: arnOf(ctx, each.platform, each.name),
        Attributes: publicAttributes(each),
      })),
      NextToken: token,
    };
  },
} satisfies Handlers<"sns">;

/** @throws {AwsError} InvalidParameter */
function checkName(name: string): void {
  const refuse = (reason: string) => invalidParameter(`${name} Reason: ${reason}`);
  if (name === "") throw refuse("cannot be empty");
  if (name.length > MAX_NAME_LENGTH) throw refuse(`must be at most ${MAX_NAME_LENGTH} characters long`);
  if (!/^[\w.-]+$/.test(name))
    throw refuse("must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'");
}

/** @throws {AwsError} InvalidParameter */
function checkCredentials(platform: string, attributes: Readonly<Record<string, string>>): void {
  const { PlatformCredential: credential, PlatformPrincipal: principal } = attributes;
  if (principal !== undefined && credential === undefined)
    throw invalidAttributes("PlatformPrincipal attribute provided without PlatformCredential");
  if (WITHOUT_PRINCIPAL.has(platform) && credential !== undefined) return;
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

const publicAttributes = ({ attributes }: Application) => ({
  Enabled: "true",
  ...Object.fromEntries(Object.entries(attributes).filter(([name]) => !SECRET.has(name))),
});
