import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import { page } from "#kernel/records/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { resourceIn } from "../arns.ts";
import {
  applicationNotFound,
  checkSome,
  endpointNotFound,
  invalidAttributes,
  invalidParameter,
} from "../errors.ts";
import { applications, endpoints, type PlatformEndpoint } from "../store.ts";
import { applicationKey } from "./applications.ts";
import { endpointIn } from "./push.ts";

const ENDPOINT_ATTRIBUTES = new Set(["CustomUserData", "Enabled", "Token"]);
const MAX_USER_DATA = 2_048;
/** In bytes, as endpoints are indexed by their tokens. */
const MAX_TOKEN_LENGTH = 2_048;
const NO_TOKEN = `must be at most ${MAX_TOKEN_LENGTH} bytes long in UTF-8 encoding, without control characters`;
const isToken = (token: string) => Buffer.byteLength(token) <= MAX_TOKEN_LENGTH && !/\p{Cc}/u.test(token);
const PAGE = 100;

const arnOf = ({ account, region }: Place, platform: string, application: string, id: string) =>
  `arn:aws:sns:${region}:${account}:endpoint/${platform}/${application}/${id}`;

function endpointKey(ctx: Context, arn: string): [string, string, string] {
  const key = endpointIn(resourceIn(ctx, arn, "EndpointArn"));
  if (!key) throw invalidParameter("EndpointArn");
  return key;
}

/** Devices of a platform application, identified by tokens of the platform. */
export const endpointOperations = {
  async CreatePlatformEndpoint(ctx, input) {
    const { PlatformApplicationArn, Token: token, CustomUserData, Attributes = {} } = input;
    const [platform, application] = applicationKey(ctx, PlatformApplicationArn);
    if (token === "") throw invalidParameter("Token Reason: cannot be empty");
    if (!isToken(token)) throw invalidParameter(`Token Reason: ${NO_TOKEN}`);
    const requested = { ...Attributes, ...(CustomUserData !== undefined && { CustomUserData }) };
    checkEndpoint(requested);
    return ctx.transact(async (tx) => {
      if (!(await tx.get(applications, [platform, application]))) throw applicationNotFound();
      const [existing] = await tx.listBy(endpoints, "token", {
        in: [platform, application, token],
        limit: 1,
      });
      const attributes = { Enabled: "true", ...requested, Token: token };
      const arn = (id: string) => arnOf(ctx, platform, application, id);
      if (existing) {
        if (!isSame(existing, attributes)) {
          throw invalidParameter(
            `Token Reason: Endpoint ${arn(existing.id)} already exists with the same Token, but different attributes.`,
          );
        }
        return { EndpointArn: arn(existing.id) };
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
    const endpoint = await ctx.read((tx) => tx.get(endpoints, endpointKey(ctx, EndpointArn)));
    if (!endpoint) throw endpointNotFound();
    return { Attributes: endpoint.attributes };
  },

  async SetEndpointAttributes(ctx, { EndpointArn, Attributes }) {
    checkSome(Attributes, "attributes");
    checkEndpoint(Attributes);
    return ctx.transact(async (tx) => {
      const endpoint = await tx.get(endpoints, endpointKey(ctx, EndpointArn));
      if (!endpoint) throw endpointNotFound();
      const attributes = { ...endpoint.attributes, ...Attributes };
      tx.put(endpoints, { ...endpoint, token: attributes.Token ?? endpoint.token, attributes });
      return {};
    });
  },

  async ListEndpointsByPlatformApplication(ctx, { PlatformApplicationArn, NextToken }) {
    const [platform, application] = applicationKey(ctx, PlatformApplicationArn);
    const parent = await ctx.read((tx) => tx.get(applications, [platform, application]));
    if (!parent) throw applicationNotFound();
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
        EndpointArn: arnOf(ctx, platform, application, id),
        Attributes: attributes,
      })),
      NextToken: token,
    };
  },
} satisfies Handlers<"sns">;

function checkEndpoint(attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!ENDPOINT_ATTRIBUTES.has(name)) throw invalidAttributes(`Invalid attribute name: ${name}`);
    if (name === "Token" && value === "")
      throw invalidAttributes("Invalid value for attribute: Token: cannot be empty");
    if (name === "Token" && !isToken(value))
      throw invalidAttributes(`Invalid value for attribute: Token: ${NO_TOKEN}`);
    if (name === "Enabled" && !/^(true|false)$/i.test(value))
      throw invalidAttributes("Invalid value for attribute: Enabled: must be true or false");
    if (name === "CustomUserData" && Buffer.byteLength(value) > MAX_USER_DATA)
      throw invalidAttributes(
        "Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding",
      );
  }
}

const isSame = (existing: PlatformEndpoint, attributes: Record<string, string>) =>
  Object.entries(attributes).every(([name, value]) => existing.attributes[name] === value);
