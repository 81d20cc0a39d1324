package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/manystall/manystall/infra/sam"
)

func (e *Engine) prepareTable(ctx context.Context, t sam.Table) error {
	_, err := e.Tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		_, err = e.Tables.CreateTable(ctx, createTable(t))
		var exists *types.ResourceInUseException
		if errors.As(err, &exists) {
			err = nil // somebody else was faster
		}
	}
	if err != nil {
		return err
	}
	d, err := e.activeTable(ctx, t.Name)
	if err != nil {
		return err
	}
	if want, got := shape(createTable(t)), describedShape(d); want != got {
		return fmt.Errorf("exists with another shape than template.yaml says (has %s, wants %s); begin anew with `make reset`", got, want)
	}
	return e.prepareTTL(ctx, t)
}

func createTable(t sam.Table) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &t.Name, BillingMode: types.BillingModePayPerRequest,
		KeySchema: keySchema(t.Partition, t.Sort),
	}
	in.AttributeDefinitions = define(in.AttributeDefinitions, t.Partition, t.Sort)
	for _, i := range t.Indexes {
		in.AttributeDefinitions = define(in.AttributeDefinitions, i.Partition, i.Sort)
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(i.Name), KeySchema: keySchema(i.Partition, i.Sort),
			Projection: &types.Projection{ProjectionType: types.ProjectionType(i.Projection), NonKeyAttributes: i.Include},
		})
	}
	if t.StreamView != "" {
		in.StreamSpecification = &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(t.StreamView),
		}
	}
	return in
}

func keySchema(partition, sort sam.Attribute) []types.KeySchemaElement {
	all := []types.KeySchemaElement{{AttributeName: aws.String(partition.Name), KeyType: types.KeyTypeHash}}
	if sort.Name != "" {
		all = append(all, types.KeySchemaElement{AttributeName: aws.String(sort.Name), KeyType: types.KeyTypeRange})
	}
	return all
}

func define(all []types.AttributeDefinition, attributes ...sam.Attribute) []types.AttributeDefinition {
	for _, a := range attributes {
		known := slices.ContainsFunc(all, func(d types.AttributeDefinition) bool { return *d.AttributeName == a.Name })
		if a.Name != "" && !known {
			all = append(all, types.AttributeDefinition{
				AttributeName: aws.String(a.Name), AttributeType: types.ScalarAttributeType(a.Type),
			})
		}
	}
	return all
}

// activeTable waits until the table and its indexes can be used.
func (e *Engine) activeTable(ctx context.Context, name string) (*types.TableDescription, error) {
	for {
		out, err := e.Tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
		if err != nil {
			return nil, err
		}
		building := slices.ContainsFunc(out.Table.GlobalSecondaryIndexes, func(g types.GlobalSecondaryIndexDescription) bool {
			return g.IndexStatus == types.IndexStatusCreating
		})
		if out.Table.TableStatus != types.TableStatusCreating && !building {
			return out.Table, nil
		}
		if !e.pause(ctx, 200*time.Millisecond) {
			return nil, ctx.Err()
		}
	}
}

func (e *Engine) prepareTTL(ctx context.Context, t sam.Table) error {
	if t.TTL == "" {
		return nil
	}
	out, err := e.Tables.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &t.Name})
	if err != nil {
		return err
	}
	if d := out.TimeToLiveDescription; d != nil && aws.ToString(d.AttributeName) == t.TTL {
		return nil
	}
	_, err = e.Tables.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               &t.Name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &t.TTL, Enabled: aws.Bool(true)},
	})
	return err
}

// shape is all of a table that cannot be changed without copying its items,
// as text that a person can compare.
func shape(in *dynamodb.CreateTableInput) string {
	var indexes []string
	for _, g := range in.GlobalSecondaryIndexes {
		indexes = append(indexes, indexShape(*g.IndexName, g.KeySchema, g.Projection))
	}
	return tableShape(in.KeySchema, in.AttributeDefinitions, indexes, in.StreamSpecification)
}

func describedShape(d *types.TableDescription) string {
	var indexes []string
	for _, g := range d.GlobalSecondaryIndexes {
		indexes = append(indexes, indexShape(*g.IndexName, g.KeySchema, g.Projection))
	}
	return tableShape(d.KeySchema, d.AttributeDefinitions, indexes, d.StreamSpecification)
}

func tableShape(keys []types.KeySchemaElement, defs []types.AttributeDefinition, indexes []string, s *types.StreamSpecification) string {
	var attributes []string
	for _, d := range defs {
		attributes = append(attributes, *d.AttributeName+":"+string(d.AttributeType))
	}
	slices.Sort(attributes)
	slices.Sort(indexes)
	stream := "no stream"
	if s != nil && aws.ToBool(s.StreamEnabled) {
		stream = "stream " + string(s.StreamViewType)
	}
	return fmt.Sprintf("[%s] of [%s], indexes [%s], %s", keyText(keys), strings.Join(attributes, " "), strings.Join(indexes, "; "), stream)
}

func indexShape(name string, keys []types.KeySchemaElement, p *types.Projection) string {
	include := slices.Sorted(slices.Values(p.NonKeyAttributes))
	return fmt.Sprintf("%s [%s] %s %v", name, keyText(keys), p.ProjectionType, include)
}

func keyText(keys []types.KeySchemaElement) string {
	var names []string
	for _, k := range keys {
		names = append(names, *k.AttributeName)
	}
	return strings.Join(names, " ")
}
