import type * as Events from "#aws/contract/types/events.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { connectionArn, destinationArn } from "../arns.ts";
import { invalidToken } from "../errors.ts";
import { toTheSecond } from "../moments.ts";
import { type Connection, connections, type Destination, destinations } from "../store.ts";
import { isEndpoint } from "./endpoint.ts";
import { absent, notAnEndpoint, taken } from "./errors.ts";
import { leaveRoom, takeRoom } from "./room.ts";

/** Calls per second by default. */
const STANDARD_RATE = 300;

export const destinationOperations = {
  async CreateApiDestination(ctx, input) {
    checkEndpoint(input.InvocationEndpoint);
    return ctx.transact(async (tx) => {
      if (await tx.get(destinations, [input.Name])) throw taken("API destination", input.Name);
      await takeRoom(tx, destinations);
      const connection = await connectionOf(ctx, tx, input.ConnectionArn);
      const now = tx.now();
      const destination: Destination = {
        name: input.Name,
        id: tx.uuid(),
        description: input.Description,
        connection: connection.name,
        connectionId: connection.id,
        endpoint: input.InvocationEndpoint,
        method: input.HttpMethod,
        rate: input.InvocationRateLimitPerSecond,
        created: now,
        modified: now,
      };
      tx.put(destinations, destination);
      return answer(ctx, destination, connection);
    });
  },

  async DescribeApiDestination(ctx, { Name }) {
    return ctx.read(async (tx) => {
      const destination = await destinationAt(tx, Name);
      return {
        ...described(ctx, destination, await usedBy(tx, destination)),
        Description: destination.description,
      };
    });
  },

  async UpdateApiDestination(ctx, input) {
    if (input.InvocationEndpoint !== undefined) checkEndpoint(input.InvocationEndpoint);
    return ctx.transact(async (tx) => {
      const former = await destinationAt(tx, input.Name);
      const named = input.ConnectionArn && (await connectionOf(ctx, tx, input.ConnectionArn));
      const destination: Destination = {
        ...former,
        description: input.Description ?? former.description,
        ...(named && { connection: named.name, connectionId: named.id }),
        endpoint: input.InvocationEndpoint ?? former.endpoint,
        method: input.HttpMethod ?? former.method,
        rate: input.InvocationRateLimitPerSecond ?? former.rate,
        modified: tx.now(),
      };
      tx.put(destinations, destination);
      return answer(ctx, destination, await usedBy(tx, destination));
    });
  },

  async DeleteApiDestination(ctx, { Name }) {
    return ctx.transact(async (tx) => {
      await destinationAt(tx, Name);
      tx.delete(destinations, [Name]);
      leaveRoom(tx, destinations);
      return {};
    });
  },

  async ListApiDestinations(ctx, { NamePrefix = "", ConnectionArn, Limit = 100, NextToken }) {
    const fits = ConnectionArn === undefined ? () => true : await usesConnection(ctx, ConnectionArn);
    const { records, token } = await page<Destination>(ctx, {
      listing: ["events:ListApiDestinations", NamePrefix, ConnectionArn ?? ""],
      token: NextToken,
      limit: Limit,
      list: (range) => ctx.read((tx) => tx.list(destinations, { prefix: NamePrefix, ...range })),
      fits,
      position: ({ name }) => [name],
      invalidToken,
    });
    const ApiDestinations = await ctx.read(async (tx) => {
      const listed: Events.ApiDestination[] = [];
      for (const one of records) listed.push(described(ctx, one, await usedBy(tx, one)));
      return listed;
    });
    return { ApiDestinations, NextToken: token };
  },
} satisfies Handlers<"events">;

/** @throws {AwsError} ResourceNotFoundException */
export async function destinationAt(tx: ReadTransaction, name: string): Promise<Destination> {
  const destination = await tx.get(destinations, [name]);
  if (!destination) throw absent("API destination", name);
  return destination;
}

/** @returns `undefined` if it was deleted */
export async function usedBy(
  tx: ReadTransaction,
  { connection: name, connectionId }: Destination,
): Promise<Connection | undefined> {
  const connection = await tx.get(connections, [name]);
  return connectionId === undefined || connection?.id === connectionId ? connection : undefined;
}

function checkEndpoint(endpoint: string): void {
  if (!isEndpoint(endpoint)) throw notAnEndpoint("InvocationEndpoint", endpoint);
}

/** Tells whether a destination uses the connection of that ARN, which may have been deleted. */
async function usesConnection(ctx: Context, arn: string): Promise<(destination: Destination) => boolean> {
  const name = connectionNamed(arn);
  const current = await ctx.read((tx) => tx.get(connections, [name]));
  return ({ connection, connectionId = current?.id ?? "" }) =>
    connection === name && connectionArn(ctx, name, connectionId) === arn;
}

const connectionNamed = (arn: string): string => arn.split(":connection/")[1]?.split("/")[0] ?? "";

async function connectionOf(place: Place, tx: ReadTransaction, arn: string): Promise<Connection> {
  const name = connectionNamed(arn);
  const connection = await tx.get(connections, [name]);
  if (!connection || connectionArn(place, name, connection.id) !== arn) throw absent("Connection", arn);
  return connection;
}

/** A destination whose connection cannot be used is inactive. */
function answer(ctx: Context, destination: Destination, connection: Connection | undefined) {
  const state: Events.ApiDestinationState = connection?.state === "AUTHORIZED" ? "ACTIVE" : "INACTIVE";
  return {
    ApiDestinationArn: destinationArn(ctx, destination.name, destination.id),
    ApiDestinationState: state,
    CreationTime: toTheSecond(destination.created),
    LastModifiedTime: toTheSecond(destination.modified),
  };
}

function described(
  ctx: Context,
  destination: Destination,
  connection: Connection | undefined,
): Events.ApiDestination {
  const id = destination.connectionId ?? connection?.id;
  return {
    ...answer(ctx, destination, connection),
    Name: destination.name,
    ConnectionArn: id === undefined ? undefined : connectionArn(ctx, destination.connection, id),
    InvocationEndpoint: destination.endpoint,
    HttpMethod: destination.method,
    InvocationRateLimitPerSecond: destination.rate ?? STANDARD_RATE,
  };
}
