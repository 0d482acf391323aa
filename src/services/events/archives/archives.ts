import type * as Events from "#aws/contract/types/events.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { archiveArn, busArn, busNamed } from "../arns.ts";
import { ownBus } from "../buses/bus.ts";
import { archiveExists, invalidToken, noSuchArchive, oneFilterOnly } from "../errors.ts";
import { toTheSecond } from "../moments.ts";
import { checkPattern } from "../rules/rule.ts";
import { type Archive, archives } from "../store.ts";
import { discard, expire } from "./archived.ts";
import { changeArchiveRule, deleteArchiveRule, putArchiveRule } from "./managed-rule.ts";

export const archiveOperations = {
  async CreateArchive(ctx, input) {
    if (input.EventPattern) checkPattern(input.EventPattern);
    return ctx.transact(async (tx) => {
      const bus = await ownBus(ctx, tx, input.EventSourceArn);
      if (await tx.get(archives, [input.ArchiveName])) throw archiveExists(input.ArchiveName);
      const created = tx.now();
      const archive: Archive = {
        name: input.ArchiveName,
        bus: bus.name,
        description: input.Description,
        pattern: input.EventPattern || undefined,
        retentionDays: input.RetentionDays ?? 0,
        kmsKey: input.KmsKeyIdentifier,
        events: 0,
        bytes: 0,
        created,
      };
      tx.put(archives, archive);
      await putArchiveRule(ctx, tx, archive, tx.uuid());
      tx.enqueue(expire, { archive: input.ArchiveName, created }, { delay: 86_400_000 });
      return {
        ArchiveArn: archiveArn(ctx, input.ArchiveName),
        State: "ENABLED" as const,
        CreationTime: toTheSecond(created),
      };
    });
  },

  async DescribeArchive(ctx, { ArchiveName }) {
    const archive = await ctx.read((tx) => archiveAt(tx, ArchiveName));
    return {
      ArchiveArn: archiveArn(ctx, archive.name),
      ...described(ctx, archive),
      Description: archive.description,
      EventPattern: archive.pattern,
      KmsKeyIdentifier: archive.kmsKey,
    };
  },

  async UpdateArchive(ctx, input) {
    if (input.EventPattern) checkPattern(input.EventPattern);
    return ctx.transact(async (tx) => {
      const archive = await archiveAt(tx, input.ArchiveName);
      const changed: Archive = {
        ...archive,
        description: input.Description ?? archive.description,
        pattern: input.EventPattern === undefined ? archive.pattern : input.EventPattern || undefined,
        retentionDays: input.RetentionDays ?? archive.retentionDays,
        kmsKey: input.KmsKeyIdentifier ?? archive.kmsKey,
      };
      tx.put(archives, changed);
      await changeArchiveRule(tx, changed);
      return {
        ArchiveArn: archiveArn(ctx, archive.name),
        State: "ENABLED" as const,
        CreationTime: toTheSecond(archive.created),
      };
    });
  },

  async DeleteArchive(ctx, { ArchiveName }) {
    return ctx.transact(async (tx) => {
      const { created, bus } = await archiveAt(tx, ArchiveName);
      tx.delete(archives, [ArchiveName]);
      deleteArchiveRule(tx, bus, ArchiveName);
      tx.enqueue(discard, { archive: ArchiveName, created });
      return {};
    });
  },

  async ListArchives(ctx, input) {
    const { NamePrefix = "", EventSourceArn, State, Limit = 100, NextToken } = input;
    if (countFilters(input) > 1) throw oneFilterOnly("ListArchives");
    const { records, token } = await page<Archive>(ctx, {
      listing: ["events:ListArchives", NamePrefix, EventSourceArn ?? "", State ?? ""],
      token: NextToken,
      limit: Limit,
      list: (range) =>
        ctx.read((tx) =>
          EventSourceArn === undefined
            ? tx.list(archives, { prefix: NamePrefix, ...range })
            : tx.listBy(archives, "bus", { in: [busNamed(EventSourceArn)], prefix: NamePrefix, ...range }),
        ),
      fits: () => State === undefined || State === "ENABLED",
      position: ({ name }) => [name],
      invalidToken,
    });
    return { Archives: records.map((archive) => described(ctx, archive)), NextToken: token };
  },
} satisfies Handlers<"events">;

/** The number of filters that the caller gave: only one is allowed. */
export const countFilters = ({
  NamePrefix,
  EventSourceArn,
  State,
}: Events.ListArchivesRequest | Events.ListReplaysRequest) =>
  [NamePrefix, EventSourceArn, State].filter((filter) => filter !== undefined).length;

/** @throws {AwsError} ResourceNotFoundException */
async function archiveAt(tx: ReadTransaction, name: string): Promise<Archive> {
  const archive = await tx.get(archives, [name]);
  if (!archive) throw noSuchArchive(name);
  return archive;
}

function described(ctx: Context, archive: Archive): Events.Archive {
  return {
    ArchiveName: archive.name,
    EventSourceArn: busArn(ctx, archive.bus),
    State: "ENABLED",
    RetentionDays: archive.retentionDays,
    SizeBytes: archive.bytes,
    EventCount: archive.events,
    CreationTime: toTheSecond(archive.created),
  };
}
