package sam

// table reads an AWS::DynamoDB::Table.
func (r *reading) table(id string, p *section) Table {
	defined := r.definitions(p)
	t := Table{LogicalID: id, Name: p.text("TableName", id)}
	if !tableName(t.Name) {
		r.add(p.at("TableName"), "%s: the table name %q must have 3 to 255 letters, digits, _, - and .", p.path, t.Name)
	}
	t.Partition, t.Sort = r.keySchema(p, defined)
	t.Billing = p.oneOf("BillingMode", "PROVISIONED", "PAY_PER_REQUEST")
	for _, g := range p.items("GlobalSecondaryIndexes") {
		t.Indexes = append(t.Indexes, r.index(g, defined))
	}
	if ttl := p.sub("TimeToLiveSpecification"); ttl.node != nil {
		name := ttl.required("AttributeName")
		if ttl.flag("Enabled", false) {
			t.TTL = name
		}
		ttl.close()
	}
	if stream := p.sub("StreamSpecification"); stream.node != nil {
		stream.required("StreamViewType")
		t.StreamView = stream.oneOf("StreamViewType", "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY")
		stream.close()
	}
	sse := p.sub("SSESpecification")
	t.Encrypted = sse.flag("SSEEnabled", false)
	sse.ignore("SSEType", "KMSMasterKeyId")
	sse.close()
	pitr := p.sub("PointInTimeRecoverySpecification")
	t.Recovery = pitr.flag("PointInTimeRecoveryEnabled", false)
	pitr.close()
	p.ignore("DeletionProtectionEnabled", "Tags")
	p.close()
	return t
}

func (r *reading) definitions(p *section) map[string]string {
	types := map[string]string{}
	for _, a := range p.items("AttributeDefinitions") {
		types[a.required("AttributeName")] = a.oneOf("AttributeType", "S", "N", "B")
		a.close()
	}
	return types
}

func (r *reading) keySchema(p *section, defined map[string]string) (partition, sort Attribute) {
	for _, k := range p.items("KeySchema") {
		a := Attribute{Name: k.required("AttributeName")}
		if a.Type = defined[a.Name]; a.Type == "" {
			r.add(k.node, "%s: %s is not in AttributeDefinitions", k.path, a.Name)
		}
		if k.oneOf("KeyType", "HASH", "RANGE") == "HASH" {
			partition = a
		} else {
			sort = a
		}
		k.close()
	}
	if partition.Name == "" {
		r.add(p.at("KeySchema"), "%s needs a HASH key", p.path)
	}
	return partition, sort
}

func (r *reading) index(g *section, defined map[string]string) Index {
	i := Index{Name: g.required("IndexName")}
	i.Partition, i.Sort = r.keySchema(g, defined)
	if !tableName(i.Name) {
		r.add(g.at("IndexName"), "%s.IndexName %q must have 3 to 255 letters, digits, _, - and .", g.path, i.Name)
	}
	pr := g.sub("Projection")
	i.Projection = pr.oneOf("ProjectionType", "ALL", "KEYS_ONLY", "INCLUDE")
	i.Include = pr.texts("NonKeyAttributes")
	pr.close()
	if (i.Projection == "INCLUDE") != (len(i.Include) > 0) {
		r.add(g.at("Projection"), "%s: NonKeyAttributes go with INCLUDE and with nothing else", g.path)
	}
	g.close()
	return i
}

// tableName says whether DynamoDB takes the name for a table or an index
// (docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html, 2026-11).
func tableName(s string) bool {
	for _, c := range s {
		if !plainName(string(c)) && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return len(s) >= 3 && len(s) <= 255
}
