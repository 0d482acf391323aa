import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.MetricsLevel;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the Kinesis Client Library against the cloud that the environment names, until its input ends:
 * `java Worker polling|fan-out APPLICATION STREAM NAME`. Prints a line for whatever becomes of a shard.
 */
public final class Worker {
  public static void main(String[] args) throws Exception {
    String application = args[1], stream = args[2], name = args[3];
    var kinesis = KinesisClientUtil.createKinesisAsyncClient(KinesisAsyncClient.builder());
    var fromTheStart = InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);
    ShardRecordProcessorFactory processors = Processor::new;
    var configs =
        new ConfigsBuilder(
            new SingleStreamTracker(stream, fromTheStart),
            application,
            kinesis,
            DynamoDbAsyncClient.create(),
            CloudWatchAsyncClient.create(),
            name,
            processors);
    RetrievalSpecificConfig retrieval =
        args[0].equals("polling")
            ? new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(200)
            : new FanOutConfig(kinesis).streamName(stream).applicationName(application);
    var leases =
        configs
            .leaseManagementConfig()
            .failoverTimeMillis(2_000)
            .shardSyncIntervalMillis(1_000)
            .leasesRecoveryAuditorExecutionFrequencyMillis(1_000)
            .dynamoDbLockBasedLeaderLeaseDurationInMillis(3_000)
            .dynamoDbLockBasedLeaderHeartbeatPeriodInMillis(500);
    leases.workerUtilizationAwareAssignmentConfig().workerMetricsReporterFreqInMillis(1_000).varianceBalancingFrequency(1);
    var scheduler =
        new Scheduler(
            configs.checkpointConfig(),
            configs.coordinatorConfig().parentShardPollIntervalMillis(500).shardConsumerDispatchPollIntervalMillis(200),
            leases,
            configs.lifecycleConfig(),
            configs.metricsConfig().metricsLevel(MetricsLevel.NONE),
            configs.processorConfig(),
            configs.retrievalConfig().retrievalSpecificConfig(retrieval));
    new Thread(scheduler).start();
    untilInputEnds();
    tell("stopped", scheduler.startGracefulShutdown().get());
    System.exit(0);
  }

  private static void untilInputEnds() throws IOException {
    while (System.in.read() != -1) {}
  }

  private static synchronized void tell(Object... facts) {
    var line = new StringBuilder();
    for (var fact : facts) line.append(line.length() == 0 ? "" : " ").append(fact);
    System.out.println(line);
  }

  private static final class Processor implements ShardRecordProcessor {
    private String shard;

    @Override
    public void initialize(InitializationInput input) {
      shard = input.shardId();
      tell("began", shard, input.extendedSequenceNumber().sequenceNumber());
    }

    /** Told before the checkpoint: what is told twice was read again, and what is never told was lost. */
    @Override
    public void processRecords(ProcessRecordsInput input) {
      for (var record : input.records())
        tell("record", shard, record.sequenceNumber(), record.partitionKey(), UTF_8.decode(record.data()));
      attempt(input.checkpointer()::checkpoint);
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
      tell("lost", shard);
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
      attempt(input.checkpointer()::checkpoint);
      tell("ended", shard);
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      attempt(input.checkpointer()::checkpoint);
    }

    private interface Checkpoint {
      void make() throws InvalidStateException, ShutdownException;
    }

    /** Refused to a worker that has lost its lease, or cannot reach the table for now; the next one says it again. */
    private void attempt(Checkpoint checkpoint) {
      try {
        checkpoint.make();
      } catch (Exception refused) {
        tell("unsaved", shard, refused.getClass().getSimpleName());
      }
    }
  }
}
