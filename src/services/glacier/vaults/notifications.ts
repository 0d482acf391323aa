import { isFinal } from "#kernel/delivery/targets.ts";
import type { Handlers } from "#kernel/service.ts";
import { type Job, job, NonRetryableError } from "#kernel/work/jobs.ts";
import { invalidEvent, invalidTopic, missingParameter, noNotifications } from "../errors.ts";
import { vaultArn, vaultAt, vaults } from "../store.ts";

export const EVENTS = {
  ArchiveRetrieval: "ArchiveRetrievalCompleted",
  InventoryRetrieval: "InventoryRetrievalCompleted",
};

export const notificationHandlers = {
  async SetVaultNotifications(ctx, { vaultName, vaultNotificationConfig: document }) {
    if (!document?.SNSTopic) throw missingParameter("SNSTopic");
    if (!document.Events?.length) throw missingParameter("Events");
    const topic = topicIn(document.SNSTopic);
    const supported: string[] = Object.values(EVENTS);
    for (const event of document.Events) if (!supported.includes(event)) throw invalidEvent(event);
    const events = [...new Set(document.Events)];
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      tx.put(vaults, { ...vault, notifications: { topic, events } });
      return {};
    });
  },

  async GetVaultNotifications(ctx, { vaultName }) {
    return ctx.read(async (tx) => {
      const { notifications } = await vaultAt(ctx, tx, vaultName);
      if (!notifications) throw noNotifications(vaultArn(ctx, vaultName));
      const { topic, events } = notifications;
      return { vaultNotificationConfig: { SNSTopic: topic, Events: events } };
    });
  },

  async DeleteVaultNotifications(ctx, { vaultName }) {
    return ctx.transact(async (tx) => {
      const { notifications: _, ...vault } = await vaultAt(ctx, tx, vaultName);
      tx.put(vaults, vault);
      return {};
    });
  },
} satisfies Handlers<"glacier">;

/** Validates a topic's ARN. Whether the vault may publish to the topic is checked on publication. */
export function topicIn(arn: string): string {
  if (!/^arn:aws:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?$/.test(arn)) throw invalidTopic(arn);
  return arn;
}

export interface Notification {
  topic: string;
  message: string;
  vaultArn: string;
}

/** Publishes a notification. Does not retry if the topic does not exist or refuses the vault. */
export const notify: Job<Notification> = job("glacier/notify", {
  async run(ctx, { topic, message, vaultArn: source }) {
    try {
      await ctx.as("glacier.amazonaws.com", source).aws.sns.Publish({
        TopicArn: topic,
        Subject: "Notification From Amazon Glacier Service",
        Message: message,
      });
    } catch (error) {
      throw isFinal(error) ? new NonRetryableError(error.message) : error;
    }
  },
});
