import type * as Events from "#aws/contract/types/events.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { job } from "#kernel/work/jobs.ts";
import { archiveArn, busArn, replayArn, ruleArn } from "../arns.ts";
import { ownBus } from "../buses/bus.ts";
import {
  invalidParameter,
  invalidToken,
  noArchiveToReplay,
  noSuchReplay,
  oneFilterOnly,
  replayExists,
  replayHasEnded,
} from "../errors.ts";
import { toTheSecond } from "../moments.ts";
import { jsonOf } from "../publishing/bus-event.ts";
import { publish } from "../publishing/publish.ts";
import { type ArchivedEvent, archived, archives, type Replay, replays } from "../store.ts";
import { countFilters } from "./archives.ts";

/** The maximum events of one transaction, which also writes their deliveries, and the bytes after which it takes no more. */
const PAGE = 10;
const PAGE_BYTES = 2 * 2 ** 20;

/** Publishes the events of a time span to the bus again, in order, one page per transaction. */
const replay = job<{ name: string; after?: [number, number] }>("events/replay", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name, after }) {
    await ctx.transact(async (tx) => {
      const running = await tx.get(replays, [name]);
      if (!running || (running.state !== "STARTING" && running.state !== "RUNNING")) return;
      const { archive, from, to } = running;
      const position = after ? { after } : { from: [Math.max(0, from)] };
      const page = await tx.list(archived, {
        in: [archive],
        ...position,
        before: [Math.max(0, to)],
        limit: PAGE,
      });
      let bytes = 0;
      let last: ArchivedEvent | undefined;
      for (const one of page) {
        if (bytes > PAGE_BYTES) break;
        bytes += Buffer.byteLength(jsonOf(one.event));
        await publish(ctx, tx, running.bus, { ...one.event, "replay-name": name }, { only: running.rules });
        last = one;
      }
      const lastReplayed = last?.time ?? running.lastReplayed;
      if (last && (last !== page.at(-1) || page.length === PAGE)) {
        tx.put<Replay>(replays, {
          ...running,
          state: "RUNNING",
          ...(lastReplayed !== undefined && { lastReplayed }),
        });
        tx.enqueue(replay, { name, after: [last.time, last.order] });
        return;
      }
      tx.put<Replay>(replays, {
        ...running,
        state: "COMPLETED",
        ended: tx.now(),
        ...(lastReplayed !== undefined && { lastReplayed }),
      });
    });
  },
});

export const replayJobs = [replay];

export const replayOperations = {
  async StartReplay(ctx, input) {
    const archiveName = input.EventSourceArn.split(":archive/")[1];
    if (archiveName === undefined) throw invalidParameter("EventSourceArn", "Must contain an archive ARN.");
    const from = input.EventStartTime.getTime();
    const to = input.EventEndTime.getTime();
    if (from >= to) throw invalidParameter("EventEndTime", "EventStartTime must be before EventEndTime.");
    const { Arn: destination, FilterArns } = input.Destination;
    if (!destination.includes(":event-bus/"))
      throw invalidParameter("Destination.Arn", "Must contain an event bus ARN.");
    return ctx.transact(async (tx) => {
      if (await tx.get(replays, [input.ReplayName])) throw replayExists(input.ReplayName);
      const bus = await ownBus(ctx, tx, destination);
      const archive = await tx.get(archives, [archiveName]);
      if (!archive) throw noArchiveToReplay(archiveName);
      if (archive.bus !== bus.name)
        throw invalidParameter("Destination.Arn", "Cross event bus replay is not permitted.");
      const started = tx.now();
      tx.put(replays, {
        name: input.ReplayName,
        archive: archive.name,
        bus: bus.name,
        rules: FilterArns?.map((arn) => arn.slice(arn.lastIndexOf("/") + 1)),
        description: input.Description,
        state: "STARTING",
        from,
        to,
        started,
      });
      tx.enqueue(replay, { name: input.ReplayName });
      return {
        ReplayArn: replayArn(ctx, input.ReplayName),
        State: "STARTING" as const,
        ReplayStartTime: toTheSecond(started),
      };
    });
  },

  async DescribeReplay(ctx, { ReplayName }) {
    const record = await ctx.read((tx) => replayAt(tx, ReplayName));
    return {
      ...described(ctx, record),
      ReplayArn: replayArn(ctx, record.name),
      Description: record.description,
      Destination: {
        Arn: busArn(ctx, record.bus),
        FilterArns: record.rules?.map((rule) => ruleArn(ctx, record.bus, rule)),
      },
    };
  },

  async CancelReplay(ctx, { ReplayName }) {
    return ctx.transact(async (tx) => {
      const record = await replayAt(tx, ReplayName);
      if (record.state !== "STARTING" && record.state !== "RUNNING") throw replayHasEnded(ReplayName);
      tx.put(replays, { ...record, state: "CANCELLED", ended: tx.now() });
      return { ReplayArn: replayArn(ctx, ReplayName), State: "CANCELLING" as const };
    });
  },

  async ListReplays(ctx, input) {
    const { NamePrefix = "", State, EventSourceArn, Limit = 100, NextToken } = input;
    if (countFilters(input) > 1) throw oneFilterOnly("ListReplays");
    const { records, token } = await page<Replay>(ctx, {
      listing: ["events:ListReplays", NamePrefix, State ?? "", EventSourceArn ?? ""],
      token: NextToken,
      limit: Limit,
      list: (range) => ctx.read((tx) => tx.list(replays, { prefix: NamePrefix, ...range })),
      fits: (one) =>
        (State === undefined || one.state === State) &&
        (EventSourceArn === undefined || archiveArn(ctx, one.archive) === EventSourceArn),
      position: ({ name }) => [name],
      invalidToken,
    });
    return { Replays: records.map((one) => described(ctx, one)), NextToken: token };
  },
} satisfies Handlers<"events">;

async function replayAt(tx: ReadTransaction, name: string): Promise<Replay> {
  const record = await tx.get(replays, [name]);
  if (!record) throw noSuchReplay(name);
  return record;
}

function described(ctx: Context, record: Replay): Events.Replay {
  const date = (time: number | undefined) => (time === undefined ? undefined : toTheSecond(time));
  return {
    ReplayName: record.name,
    EventSourceArn: archiveArn(ctx, record.archive),
    State: record.state,
    EventStartTime: toTheSecond(record.from),
    EventEndTime: toTheSecond(record.to),
    EventLastReplayedTime: date(record.lastReplayed),
    ReplayStartTime: toTheSecond(record.started),
    ReplayEndTime: date(record.ended),
  };
}
