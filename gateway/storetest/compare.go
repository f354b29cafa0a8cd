package storetest

import (
	"net/netip"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// comparers compare what stores return. Of an order only what is the same
// matters, and whether there is one.
var comparers = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmpopts.IgnoreUnexported(gateway.Event{}),
	cmpopts.IgnoreFields(gateway.Delivery{}, "Order"),
	cmp.FilterPath(settledDue, cmp.Ignore()),
	cmpopts.EquateErrors(),
}

// diff is how what a store gave differs from what it should have given; ""
// when it does not.
func diff(got, want any) string { return cmp.Diff(want, got, comparers...) }

// settledDue selects Due of deliveries that are settled, where it means nothing.
func settledDue(p cmp.Path) bool {
	field, ok := p.Last().(cmp.StructField)
	if !ok || field.Name() != "Due" || len(p) < 2 {
		return false
	}
	a, b := p.Index(-2).Values()
	if !a.IsValid() || a.Type().Name() != "Delivery" {
		return false
	}
	state := func(v interface{ Int() int64 }) gateway.State { return gateway.State(v.Int()) }
	return state(a.FieldByName("State")) >= gateway.Delivered && state(b.FieldByName("State")) >= gateway.Delivered
}
