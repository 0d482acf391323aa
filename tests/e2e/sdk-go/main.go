// Speaks one protocol with the cloud that the environment names, and prints what came back: `smoke restXml`.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	items "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

var protocols = map[string]func(context.Context, aws.Config){
	"restXml":    restXml,
	"awsQuery":   awsQuery,
	"ec2Query":   ec2Query,
	"awsJson1_0": awsJson10,
	"awsJson1_1": awsJson11,
	"restJson1":  restJson1,
	"rpcv2Cbor":  rpcV2Cbor,
}

func main() {
	ctx := context.Background()
	protocols[os.Args[1]](ctx, must(config.LoadDefaultConfig(ctx)))
}

func awsQuery(ctx context.Context, cfg aws.Config) {
	client := sts.NewFromConfig(cfg)
	tell("caller", *must(client.GetCallerIdentity(ctx, nil)).Arn)
	issued := must(client.GetSessionToken(ctx, nil)).Credentials
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*issued.AccessKeyId, *issued.SecretAccessKey, *issued.SessionToken)
	tell("session", *must(sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)).Arn)
	cfg.Credentials = credentials.NewStaticCredentialsProvider("test", "wrong", "")
	_, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	tellError("forged", err)
	_, err = client.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::000000000000:role/r"), RoleSessionName: aws.String("me")})
	tellError("refused", err)
}

func ec2Query(ctx context.Context, cfg aws.Config) {
	_, err := ec2.NewFromConfig(cfg).DescribeInstances(ctx, nil)
	tellError("refused", err)
}

func awsJson10(ctx context.Context, cfg aws.Config) {
	item := map[string]items.AttributeValue{"k": &items.AttributeValueMemberS{Value: "ü"}}
	_, err := dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("missing"), Item: item})
	tellError("refused", err)
	queues := sqs.NewFromConfig(cfg)
	queue := must(queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")})).QueueUrl
	must(queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("ü")}))
	received := must(queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue}))
	tell("message", *received.Messages[0].Body)
	_, err = queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("missing")})
	tellError("query-compatible", err)
}

func awsJson11(ctx context.Context, cfg aws.Config) {
	_, err := kms.NewFromConfig(cfg).ListKeys(ctx, nil)
	tellError("refused", err)
	_, err = kinesis.NewFromConfig(cfg).PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("s"), Data: []byte{0, 255}, PartitionKey: aws.String("p")})
	tellError("blob", err)
}

func restJson1(ctx context.Context, cfg aws.Config) {
	_, err := lambda.NewFromConfig(cfg).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("a b/f"), Payload: []byte("{}")})
	tellError("refused", err)
}

func rpcV2Cbor(ctx context.Context, cfg aws.Config) {
	datum := metrics.MetricDatum{MetricName: aws.String("m"), Value: aws.Float64(1.5)}
	_, err := cloudwatch.NewFromConfig(cfg).PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String("n"), MetricData: []metrics.MetricDatum{datum}})
	tellError("refused", err)
}

func tell(name string, fact any) {
	fmt.Printf("%s: %v\n", name, fact)
}

func tellError(name string, err error) {
	var answer *smithyhttp.ResponseError
	var told smithy.APIError
	if !errors.As(err, &answer) || !errors.As(err, &told) {
		tell(name, fmt.Sprintf("no answer with an error: %v", err))
		return
	}
	message, _, _ := strings.Cut(told.ErrorMessage(), "\n")
	tell(name, fmt.Sprintf("%d %s %s", answer.HTTPStatusCode(), told.ErrorCode(), message))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
