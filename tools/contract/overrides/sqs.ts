import type { Override } from "../override.ts";

export default {
  service: {
    // botocore's model has JSON only. SQS still supports its query protocol for older clients:
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
    protocols: ["awsJson1_0", "awsQuery"],
    // As in botocore's last model before JSON (1.29.165), and in every response of the query protocol.
    xmlNamespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    // The model has no constraints; SQS answers InvalidParameterValue, MissingParameter and similar errors.
    validation: "none",
  },
} satisfies Override;
