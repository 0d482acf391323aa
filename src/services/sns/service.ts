import { defineService } from "#kernel/service.ts";
import { access, denied } from "./access.ts";
import { placeOf } from "./arns.ts";
import {
  forgetEnded,
  forgetUnconfirmed,
  sendConfirmation,
  sendUnsubscribeConfirmation,
} from "./delivery/confirmation.ts";
import { deliver, drain, undeliverable } from "./delivery/deliver.ts";
import { fanOutRest } from "./delivery/fan-out.ts";
import { certificateEndpoint } from "./delivery/signing.ts";
import { applicationOperations } from "./mobile/applications.ts";
import { endpointOperations } from "./mobile/endpoints.ts";
import { smsOperations } from "./mobile/sms.ts";
import { expireArchived, replay } from "./publish/archive.ts";
import { publishing } from "./publish/publish.ts";
import { subscribing } from "./subscriptions/subscribe.ts";
import { subscriptionOperations } from "./subscriptions/subscriptions.ts";
import { permissionOperations } from "./topics/permissions.ts";
import { tagOperations } from "./topics/tags.ts";
import { forgetTopic, topicOperations } from "./topics/topics.ts";

export const sns = defineService({
  id: "sns",
  place: placeOf,
  operations: [
    topicOperations,
    permissionOperations,
    tagOperations,
    subscribing,
    subscriptionOperations,
    publishing,
    applicationOperations,
    endpointOperations,
    smsOperations,
  ],
  jobs: [
    deliver,
    drain,
    undeliverable,
    fanOutRest,
    sendConfirmation,
    sendUnsubscribeConfirmation,
    forgetEnded,
    forgetUnconfirmed,
    forgetTopic,
    expireArchived,
    replay,
  ],
  endpoints: [certificateEndpoint],
  access,
  denied,
  dataOperations: ["Publish", "PublishBatch"],
});
