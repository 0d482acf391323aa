import { loadContract } from "#aws/contract/contract.ts";
import type * as Events from "#aws/contract/types/events.ts";
import { notImplemented } from "#aws/errors.ts";
import { validate } from "#kernel/calls/validate.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { connectionArn } from "../arns.ts";
import { invalidToken } from "../errors.ts";
import { toTheSecond } from "../moments.ts";
import { type Connection, connections } from "../store.ts";
import { isEndpoint } from "./endpoint.ts";
import { absent, lacksParameters, notAnEndpoint, taken } from "./errors.ts";
import { leaveRoom, takeRoom } from "./room.ts";

/** What a connection authenticates with. */
export type Secrets = Events.CreateConnectionAuthRequestParameters;

export const connectionOperations = {
  async CreateConnection(ctx, input) {
    refusePrivate(input.InvocationConnectivityParameters ?? input.AuthParameters.ConnectivityParameters);
    checkParameters(input.AuthorizationType, input.AuthParameters);
    return ctx.transact(async (tx) => {
      if (await tx.get(connections, [input.Name])) throw taken("Connection", input.Name);
      await takeRoom(tx, connections);
      const now = tx.now();
      const connection: Connection = {
        name: input.Name,
        id: tx.uuid(),
        description: input.Description,
        kmsKey: input.KmsKeyIdentifier,
        type: input.AuthorizationType,
        state: "AUTHORIZED",
        ...sealedSecrets(ctx, input.AuthParameters),
        created: now,
        modified: now,
        authorized: now,
      };
      tx.put(connections, connection);
      return { ...answer(ctx, connection), ConnectionState: stateAtFirst(connection) };
    });
  },

  async DescribeConnection(ctx, { Name }) {
    const connection = await ctx.read((tx) => connectionAt(tx, Name));
    return {
      ...described(ctx, connection),
      Description: connection.description,
      KmsKeyIdentifier: connection.kmsKey,
      SecretArn: secretArn(ctx, connection),
      AuthParameters: connection.shown,
    };
  },

  async UpdateConnection(ctx, input) {
    refusePrivate(input.InvocationConnectivityParameters ?? input.AuthParameters?.ConnectivityParameters);
    return ctx.transact(async (tx) => {
      const former = await connectionAt(tx, input.Name);
      const now = tx.now();
      const isAuthorizedAnew = input.AuthorizationType !== undefined || input.AuthParameters !== undefined;
      const connection: Connection = {
        ...former,
        description: input.Description ?? former.description,
        kmsKey: input.KmsKeyIdentifier ?? former.kmsKey,
        ...(isAuthorizedAnew && { ...authorizedAnew(ctx, former, input), authorized: now }),
        modified: now,
      };
      tx.put(connections, connection);
      return {
        ...answerWithAuthorization(ctx, connection),
        ConnectionState: isAuthorizedAnew ? stateAtFirst(connection) : connection.state,
      };
    });
  },

  async DeauthorizeConnection(ctx, { Name }) {
    return ctx.transact(async (tx) => {
      const former = await connectionAt(tx, Name);
      const connection: Connection = {
        ...former,
        ...sealedSecrets(ctx, {}),
        state: "DEAUTHORIZED",
        modified: tx.now(),
      };
      tx.put(connections, connection);
      return { ...answerWithAuthorization(ctx, connection), ConnectionState: "DEAUTHORIZING" as const };
    });
  },

  async DeleteConnection(ctx, { Name }) {
    return ctx.transact(async (tx) => {
      const connection = await connectionAt(tx, Name);
      tx.delete(connections, [Name]);
      leaveRoom(tx, connections);
      return {
        ...answerWithAuthorization(ctx, { ...connection, modified: tx.now() }),
        ConnectionState: "DELETING" as const,
      };
    });
  },

  async ListConnections(ctx, { NamePrefix = "", ConnectionState, Limit = 100, NextToken }) {
    const { records, token } = await page<Connection>(ctx, {
      listing: ["events:ListConnections", NamePrefix, ConnectionState ?? ""],
      token: NextToken,
      limit: Limit,
      list: (range) => ctx.read((tx) => tx.list(connections, { prefix: NamePrefix, ...range })),
      fits: ({ state }) => ConnectionState === undefined || state === ConnectionState,
      position: ({ name }) => [name],
      invalidToken,
    });
    return { Connections: records.map((one) => described(ctx, one)), NextToken: token };
  },
} satisfies Handlers<"events">;

/** @throws {AwsError} ResourceNotFoundException */
async function connectionAt(tx: ReadTransaction, name: string): Promise<Connection> {
  const connection = await tx.get(connections, [name]);
  if (!connection) throw absent("Connection", name);
  return connection;
}

function authorizedAnew(ctx: Context, former: Connection, input: Events.UpdateConnectionRequest) {
  const type = input.AuthorizationType ?? former.type;
  const secretsBefore = secretsOf(ctx, former);
  if (type !== former.type) delete secretsBefore[MEMBER_OF[former.type]];
  const secrets = merged(secretsBefore, input.AuthParameters) as Secrets;
  checkParameters(type, secrets);
  // An update of the same type may omit stored members; together with them it must be complete.
  validate(loadContract("events").operation("CreateConnection")!, {
    Name: former.name,
    AuthorizationType: type,
    AuthParameters: secrets,
  });
  return { type, state: "AUTHORIZED" as const, ...sealedSecrets(ctx, secrets) };
}

export const secretsOf = (ctx: Context, { sealed }: Pick<Connection, "sealed">): Secrets =>
  ctx.seal.unseal(PURPOSE, sealed) as Secrets;

const PURPOSE = "events/connection";

/** The stored form of secrets: encrypted, and the part that responses show. */
function sealedSecrets(ctx: Context, secrets: Secrets): Pick<Connection, "sealed" | "shown"> {
  return { sealed: ctx.seal.seal(PURPOSE, secrets), shown: withoutSecretParts(secrets) };
}

function withoutSecretParts(secrets: Secrets): Events.ConnectionAuthResponseParameters {
  const { BasicAuthParameters: basic, OAuthParameters: oauth, ApiKeyAuthParameters: key } = secrets;
  return {
    BasicAuthParameters: basic && { Username: basic.Username },
    ApiKeyAuthParameters: key && { ApiKeyName: key.ApiKeyName },
    OAuthParameters: oauth && {
      ClientParameters: { ClientID: oauth.ClientParameters.ClientID },
      AuthorizationEndpoint: oauth.AuthorizationEndpoint,
      HttpMethod: oauth.HttpMethod,
      OAuthHttpParameters: withoutSecrets(oauth.OAuthHttpParameters),
    },
    InvocationHttpParameters: withoutSecrets(secrets.InvocationHttpParameters),
  };
}

function withoutSecrets(parameters: Events.ConnectionHttpParameters | undefined) {
  const hide = <T extends { Value?: string; IsValueSecret?: boolean }>(list: T[] | undefined) =>
    list?.map((one) => (one.IsValueSecret ? { ...one, Value: undefined } : one));
  return (
    parameters && {
      HeaderParameters: hide(parameters.HeaderParameters),
      QueryStringParameters: hide(parameters.QueryStringParameters),
      BodyParameters: hide(parameters.BodyParameters),
    }
  );
}

const MEMBER_OF = {
  BASIC: "BasicAuthParameters",
  OAUTH_CLIENT_CREDENTIALS: "OAuthParameters",
  API_KEY: "ApiKeyAuthParameters",
} as const;

/** @throws {AwsError} ValidationException */
function checkParameters(type: Events.ConnectionAuthorizationType, secrets: Secrets): void {
  if (!secrets[MEMBER_OF[type]]) throw lacksParameters(MEMBER_OF[type]);
  const { AuthorizationEndpoint: endpoint } = secrets.OAuthParameters ?? {};
  if (endpoint !== undefined && !isEndpoint(endpoint)) throw notAnEndpoint("AuthorizationEndpoint", endpoint);
}

function refusePrivate(parameters: object | undefined): void {
  if (parameters) throw notImplemented("private connections");
}

/** Merges an update at any depth: its members replace the former ones. */
function merged(former: unknown, now: unknown): unknown {
  if (now === undefined) return former;
  const areObjects = [former, now].every(
    (one) => typeof one === "object" && one !== null && !Array.isArray(one),
  );
  if (!areObjects) return now;
  const result: Record<string, unknown> = { ...(former as object) };
  for (const [name, value] of Object.entries(now as object)) result[name] = merged(result[name], value);
  return result;
}

function answer(ctx: Context, { name, id, state, created, modified }: Connection) {
  return {
    ConnectionArn: connectionArn(ctx, name, id),
    ConnectionState: state,
    CreationTime: toTheSecond(created),
    LastModifiedTime: toTheSecond(modified),
  };
}

function answerWithAuthorization(ctx: Context, connection: Connection) {
  const { authorized } = connection;
  return {
    ...answer(ctx, connection),
    LastAuthorizedTime: authorized === undefined ? undefined : toTheSecond(authorized),
  };
}

function described(ctx: Context, connection: Connection): Events.Connection {
  return {
    ...answerWithAuthorization(ctx, connection),
    Name: connection.name,
    AuthorizationType: connection.type,
  };
}

/** An OAuth connection that was just created or changed is being authorized. */
const stateAtFirst = ({ type, state }: Connection): Events.ConnectionState =>
  type === "OAUTH_CLIENT_CREDENTIALS" ? "AUTHORIZING" : state;

/** Ends in six characters, like the ARNs of all secrets. */
const secretArn = (ctx: Context, { name, id }: Connection) =>
  `arn:aws:secretsmanager:${ctx.region}:${ctx.account}:secret:events!connection/${name}/${id}-${id.slice(-6)}`;
