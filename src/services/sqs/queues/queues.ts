import type { QueueAttributeMap } from "#aws/contract/types/sqs.ts";
import { page } from "#kernel/records/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { backlogs, close } from "../backlog/backlog.ts";
import { emptyBacklog } from "../backlog/opening.ts";
import {
  invalidAttributeValue,
  invalidFifoName,
  invalidParameter,
  invalidQueueName,
  missingParameter,
  missingQueueName,
  purgeInProgress,
  queueDeletedRecently,
  queueDoesNotExist,
  queueExists,
  unknownAttribute,
} from "../errors.ts";
import { expire } from "../messages/retention.ts";
import { checkSources, checkTarget } from "../moving/redrive.ts";
import { counts, deletions, type Queue, queues } from "../store.ts";
import { sweep } from "../sweeping.ts";
import { onQueues } from "../work.ts";
import { queueNamed, refuseAtQueue, urlOf } from "./addresses.ts";
import { DEFAULTS, described, differenceIn, FIFO_DEFAULTS, settingsWith } from "./attributes.ts";
import { checkMaxResults, MAX_LISTED } from "./listing.ts";
import { checkTags } from "./tags.ts";

const NAME = /^[A-Za-z0-9_-]{1,80}$/;
const FIFO_NAME = /^(?=.{1,80}$)[A-Za-z0-9_-]+\.fifo$/;
/** The period in which a deleted queue's name cannot be reused, and a queue cannot be purged again. */
const MINUTE_MS = 60_000;
/** The maximum runs that delete expired messages before messages are counted. */
const MAX_EXPIRIES = 20;

export const queueOperations = {
  async CreateQueue(ctx, { QueueName: name, Attributes = {}, tags }) {
    refuseAtQueue(ctx, "CreateQueue");
    if (!name) throw missingQueueName(name);
    const { isFifo, attributes } = kindOf(name, Attributes);
    const settings = settingsWith(attributes, isFifo, isFifo ? FIFO_DEFAULTS : DEFAULTS);
    checkTags(name, tags);
    return ctx.transact(async (tx) => {
      const existing = await tx.get(queues, [name]);
      if (existing) {
        const different = differenceIn(attributes, settings, existing.attributes);
        if (different) throw queueExists(different);
        return { QueueUrl: urlOf(ctx, { account: ctx.account, name }) };
      }
      const deletion = await tx.get(deletions, [name]);
      if (deletion && deletion.until > tx.now()) throw queueDeletedRecently();
      if (settings.redrivePolicy) await checkTarget(ctx, tx, { name, isFifo }, settings.redrivePolicy);
      if (settings.redriveAllowPolicy) checkSources(ctx, settings.redriveAllowPolicy);
      const queue: Queue = {
        name,
        id: tx.sequence(),
        isFifo,
        created: tx.now(),
        modified: tx.now(),
        attributes: settings,
        ...(tags && { tags }),
      };
      tx.put(queues, queue);
      if (deletion) tx.delete(deletions, [name]);
      const { open } = tx.memory(backlogs);
      tx.afterwards(() => open.set(queue.id, emptyBacklog(queue)));
      return { QueueUrl: urlOf(ctx, { account: ctx.account, name }) };
    });
  },

  async DeleteQueue(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    return onQueues(ctx, async (work) => {
      const { queue, backlog } = await work.queue(name);
      const { tx } = work;
      tx.delete(queues, [name]);
      tx.deleteBytes(counts, [queue.id]);
      tx.put(deletions, { name, until: tx.now() + MINUTE_MS });
      const through = Number.MAX_SAFE_INTEGER - 1;
      // After a minute its name is free again: the job also removes the record that reserves it.
      tx.enqueue(sweep, { queue: queue.id, through, deleted: name }, { delay: MINUTE_MS });
      const { open } = tx.memory(backlogs);
      tx.afterwards(() => {
        open.delete(queue.id);
        close(backlog);
      });
      return {};
    });
  },

  async PurgeQueue(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    return onQueues(ctx, async (work) => {
      const { queue, backlog } = await work.queue(name);
      const { tx } = work;
      if (queue.purged && queue.purged.at + MINUTE_MS > tx.now()) throw purgeInProgress(name);
      const through = tx.sequence();
      const purged = { ...queue, purged: { at: tx.now(), through } };
      tx.put(queues, purged);
      tx.deleteBytes(counts, [queue.id]);
      tx.enqueue(sweep, { queue: queue.id, through });
      const { open } = tx.memory(backlogs);
      tx.afterwards(() => {
        open.set(queue.id, Object.assign(emptyBacklog(purged), { recent: backlog.recent }));
        close(backlog);
      });
      return {};
    });
  },

  async GetQueueUrl(ctx, { QueueName: name }) {
    if (!name) throw missingQueueName(name);
    const queue = await ctx.read((tx) => tx.get(queues, [name]));
    if (!queue) throw queueDoesNotExist(ctx);
    return { QueueUrl: urlOf(ctx, { account: ctx.account, name }) };
  },

  async ListQueues(ctx, { QueueNamePrefix: prefix, MaxResults, NextToken }) {
    refuseAtQueue(ctx, "ListQueues");
    if (NextToken !== undefined && MaxResults === undefined)
      throw invalidParameter("MaxResults is a mandatory parameter when you provide a value for NextToken.");
    checkMaxResults(MaxResults);
    const { records, token } = await page(ctx, {
      listing: ["sqs:ListQueues"],
      token: NextToken,
      limit: Math.min(MaxResults ?? MAX_LISTED, MAX_LISTED - 1),
      list: ({ after, limit }) => {
        if (after && after[1] !== (prefix ?? ""))
          throw invalidToken(
            " If you are passing in NextToken, you must not change the other request parameters.",
          );
        const range = { ...(prefix && { prefix }), ...(after && { after: [after[0]!] }), limit };
        return ctx.read((tx) => tx.list(queues, range));
      },
      position: ({ name }) => [name, prefix ?? ""],
      invalidToken,
    });
    const urls = records.map(({ name }) => urlOf(ctx, { account: ctx.account, name }));
    return {
      ...(urls.length > 0 && { QueueUrls: urls }),
      ...(MaxResults !== undefined && token && { NextToken: token }),
    };
  },

  async GetQueueAttributes(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    const names = input.AttributeNames ?? [];
    const isCounted = names.some((one) => one === "All" || one.startsWith("Approximate"));
    for (let runs = 0; ; runs++) {
      const answer = await ctx.read(async (tx) => {
        const queue = await tx.get(queues, [name]);
        if (!queue) throw queueDoesNotExist(ctx);
        const backlog = tx.memory(backlogs).open.get(queue.id);
        backlog?.settle(tx.now());
        if (isCounted && (!backlog || (backlog.expiry <= tx.now() && runs < MAX_EXPIRIES))) return undefined;
        const { total = 0, inFlight = 0, delayed = 0 } = backlog ?? {};
        const visible = total - inFlight - delayed;
        return { Attributes: described(names, queue, { visible, notVisible: inFlight, delayed }, ctx) };
      });
      if (answer) return answer;
      await onQueues(ctx, async (work) => expire(work, await work.queue(name)));
    }
  },

  async SetQueueAttributes(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    const { FifoQueue, ...settable } = input.Attributes ?? {};
    if (FifoQueue === undefined && Object.keys(settable).length === 0)
      throw missingParameter("Attribute.Name");
    return onQueues(ctx, async (work) => {
      const { tx } = work;
      const of = await work.queue(name);
      const { queue } = of;
      if (FifoQueue !== undefined && (FifoQueue === "true") !== queue.isFifo)
        throw invalidAttributeValue("FifoQueue", "Modifying queue type is not supported.");
      const attributes = settingsWith(settable, queue.isFifo, queue.attributes);
      if (settable.RedrivePolicy && attributes.redrivePolicy)
        await checkTarget(ctx, tx, queue, attributes.redrivePolicy);
      if (settable.RedriveAllowPolicy && attributes.redriveAllowPolicy)
        checkSources(ctx, attributes.redriveAllowPolicy);
      tx.put(queues, { ...queue, attributes, modified: tx.now() });
      work.afterwards(of, () => {
        of.backlog.expiry = 0;
      });
      return {};
    });
  },
} satisfies Handlers<"sqs">;

/** @throws {AwsError} InvalidParameterValue, InvalidAttributeName */
function kindOf(
  name: string,
  { FifoQueue, ...attributes }: QueueAttributeMap,
): { isFifo: boolean; attributes: QueueAttributeMap } {
  if (FifoQueue === undefined) {
    if (!NAME.test(name)) throw invalidQueueName();
    return { isFifo: false, attributes };
  }
  if (FifoQueue !== "true") throw unknownAttribute("FifoQueue");
  if (!FIFO_NAME.test(name)) throw invalidFifoName();
  return { isFifo: true, attributes };
}

const invalidToken = (more = "") => invalidParameter(`Invalid NextToken value.${more}`);
