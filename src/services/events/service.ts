import { defineService } from "#kernel/service.ts";
import { access } from "./access.ts";
import { addRest, discard, expire } from "./archives/archived.ts";
import { archiveOperations } from "./archives/archives.ts";
import { replayJobs, replayOperations } from "./archives/replays.ts";
import { placeOfBus } from "./arns.ts";
import { busOperations } from "./buses.ts";
import { connectionOperations } from "./destinations/connections.ts";
import { destinationOperations } from "./destinations/destinations.ts";
import { eventSourceOperations, expireSource } from "./partners/event-sources.ts";
import { partnerSourceOperations } from "./partners/partner-sources.ts";
import { partnerEventOperations } from "./partners/put-partner-events.ts";
import { patternOperations } from "./patterns.ts";
import { permissionOperations } from "./permissions.ts";
import { pipeJobs } from "./pipes/service.ts";
import { send, sendRest } from "./publish.ts";
import { eventOperations } from "./put-events.ts";
import { ruleOperations } from "./rules.ts";
import { ring } from "./scheduled.ts";
import { tagOperations } from "./tags.ts";
import { targetOperations } from "./targets.ts";

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
