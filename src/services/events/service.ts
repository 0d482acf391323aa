import { defineService } from "#kernel/service.ts";
import { access } from "./access.ts";
import { addRest, discard, expire } from "./archives/archived.ts";
import { archiveOperations } from "./archives/archives.ts";
import { replayJobs, replayOperations } from "./archives/replays.ts";
import { placeOfBus } from "./arns.ts";
import { busOperations } from "./buses/buses.ts";
import { permissionOperations } from "./buses/permissions.ts";
import { connectionOperations } from "./destinations/connections.ts";
import { destinationOperations } from "./destinations/destinations.ts";
import { eventSourceOperations, expireSource } from "./partners/event-sources.ts";
import { partnerSourceOperations } from "./partners/partner-sources.ts";
import { partnerEventOperations } from "./partners/put-partner-events.ts";
import { pipeJobs } from "./pipes/service.ts";
import { send, sendRest } from "./publishing/publish.ts";
import { eventOperations } from "./publishing/put-events.ts";
import { patternOperations } from "./rules/patterns.ts";
import { ruleOperations } from "./rules/rules.ts";
import { ring } from "./rules/scheduled.ts";
import { targetOperations } from "./rules/targets.ts";
import { tagOperations } from "./tags.ts";

export const events = defineService({
  id: "events",
  // A bus that is named by its ARN may be in another account or Region.
  place: ({ input, place }) => placeOfBus((input as { EventBusName?: string }).EventBusName, place),
  operations: [
    busOperations,
    permissionOperations,
    ruleOperations,
    targetOperations,
    eventOperations,
    patternOperations,
    archiveOperations,
    replayOperations,
    connectionOperations,
    destinationOperations,
    eventSourceOperations,
    partnerSourceOperations,
    partnerEventOperations,
    tagOperations,
  ],
  jobs: [send, sendRest, addRest, ring, expire, discard, expireSource, ...replayJobs, ...pipeJobs],
  access,
  dataOperations: ["PutEvents", "PutPartnerEvents"],
});
