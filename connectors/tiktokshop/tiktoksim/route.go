package tiktoksim

import (
	"net/http"

	"github.com/manystall/manystall/connectors/simkit"
)

// operation is one API call: its id and scopes are those of the reference copy
// of 2025-12.
type operation struct {
	method, path, id string
	scopes           []string
	cipher           cipherRule
	write, upload    bool
	run              func(*call) (any, error)
}

type option func(*operation)

func write(o *operation)          { o.write = true }
func upload(o *operation)         { o.write, o.upload = true, true }
func withoutCipher(o *operation)  { o.cipher = cipherForbidden }
func optionalCipher(o *operation) { o.cipher = cipherOptional }

func op(method, path, id, scope string, run func(*call) (any, error), options ...option) operation {
	o := operation{method: method, path: path, id: id, scopes: []string{scope}, run: run}
	for _, set := range options {
		set(&o)
	}
	return o
}

// routes is the whole face of the host. A path nobody knows is 404 with
// 36009009, a method nobody knows 405 with 36009010.
func (s *Sim) routes() *http.ServeMux {
	mux := http.NewServeMux()
	byPath := map[string]map[string]operation{}
	for _, o := range operations() {
		if byPath[o.path] == nil {
			byPath[o.path] = map[string]operation{}
		}
		byPath[o.path][o.method] = o
	}
	for path, methods := range byPath {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			o, ok := methods[r.Method]
			if !ok {
				s.answer(w, nil, gate(http.StatusMethodNotAllowed, codeNoMethod, "Method %s is not supported on this path", r.Method))
				return
			}
			call := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(o, w, r) })
			s.faults.Around(w, r, call, func(kind string, w http.ResponseWriter, _ *http.Request) { s.refuseFault(o, kind, w) })
		})
	}
	mux.HandleFunc("GET /api/v2/token/get", s.serveToken(s.exchange))
	mux.HandleFunc("GET /api/v2/token/refresh", s.serveToken(s.refresh))
	mux.HandleFunc("GET /open/authorize", s.serveConsent)
	mux.HandleFunc("POST /open/authorize", s.serveDecision)
	mux.HandleFunc("GET /image/{id}", s.serveImage)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.answer(w, nil, gate(http.StatusNotFound, codeNoPath, "Invalid path"))
	})
	return mux
}

func operations() []operation {
	var all []operation
	for _, some := range [][]operation{shopOperations(), productOperations(), orderOperations(), afterSaleOperations(), chatOperations()} {
		all = append(all, some...)
	}
	return all
}

func shopOperations() []operation {
	const authorization, logistics = "seller.authorization.info", "seller.logistics"
	return []operation{
		op("GET", "/authorization/202309/shops", "GetAuthorizedShops_202309", authorization, authorizedShops, withoutCipher),
		op("GET", "/seller/202309/shops", "GetActiveShops_202309", "seller.shop.info", activeShops, withoutCipher),
		op("GET", "/event/202309/webhooks", "GetShopWebhooks_202309", authorization, listWebhooks),
		op("PUT", "/event/202309/webhooks", "UpdateShopWebhook_202309", authorization, putWebhook, write),
		op("DELETE", "/event/202309/webhooks", "DeleteShopWebhook_202309", authorization, deleteWebhook, write),
		op("GET", "/logistics/202309/warehouses", "GetWarehouseList_202309", logistics, listWarehouses),
		op("GET", "/logistics/202309/warehouses/{warehouse_id}/delivery_options", "GetWarehouseDeliveryOptions_202309", logistics, listDeliveryOptions),
		op("GET", "/logistics/202309/delivery_options/{delivery_option_id}/shipping_providers", "GetShippingProviders_202309", logistics, listProviders,
			func(o *operation) { o.scopes = append(o.scopes, "seller.fulfillment.basic") }),
	}
}

func productOperations() []operation {
	const basic, edit, remove, base = "seller.product.basic", "seller.product.write", "seller.product.delete", "/product/202309/"
	return []operation{
		op("GET", "/product/202312/prerequisites", "CheckListingPrerequisites_202312", basic, prerequisites),
		op("GET", base+"categories", "GetCategories_202309", basic, listCategories),
		op("POST", base+"categories/recommend", "RecommendCategory_202309", basic, recommendCategory, optionalCipher),
		op("GET", base+"categories/{category_id}/rules", "GetCategoryRules_202309", basic, categoryRules),
		op("GET", base+"categories/{category_id}/attributes", "GetAttributes_202309", basic, categoryAttributes),
		op("GET", base+"brands", "GetBrands_202309", basic, listBrands),
		op("POST", base+"images/upload", "UploadProductImage_202309", basic, uploadProductImage, upload, withoutCipher),
		op("POST", base+"products/listing_check", "CheckProductListing_202309", basic, checkListing),
		op("POST", base+"products", "CreateProduct_202309", edit, createProduct, write),
		op("DELETE", base+"products", "DeleteProducts_202309", remove, deleteProducts, write),
		op("POST", base+"products/activate", "ActivateProduct_202309", basic, activateProducts, write),
		op("POST", base+"products/deactivate", "DeactivateProducts_202309", basic, deactivateProducts, write),
		op("POST", base+"products/recover", "RecoverProducts_202309", remove, recoverProducts, write),
		op("GET", base+"products/{product_id}", "GetProduct_202309", basic, oneProduct),
		op("PUT", base+"products/{product_id}", "EditProduct_202309", edit, editProduct, write),
		op("PUT", "/product/202509/products/{product_id}", "EditProduct_202509", edit, editProduct, write),
		op("POST", "/product/202509/products/{product_id}/partial_edit", "PartialEditProduct_202509", edit, partialEdit, write),
		op("POST", base+"products/{product_id}/prices/update", "UpdatePrice_202309", edit, updatePrices, write),
		op("POST", base+"products/{product_id}/inventory/update", "UpdateInventory_202309", edit, updateInventory, write),
		op("POST", "/product/202502/products/search", "SearchProducts_202502", basic, searchProducts),
		op("POST", base+"inventory/search", "InventorySearch_202309", basic, searchInventory),
	}
}

func orderOperations() []operation {
	const info, ship, base = "seller.order.info", "seller.fulfillment.basic", "/fulfillment/202309/"
	return []operation{
		op("POST", "/order/202309/orders/search", "GetOrderList_202309", info, searchOrders),
		op("GET", "/order/202309/orders", "GetOrderDetail_202309", info, orderDetail),
		op("GET", "/order/202507/orders", "GetOrderDetail_202507", info, orderDetail),
		op("POST", base+"orders/{order_id}/packages", "MarkPackageAsShipped_202309", ship, markShipped, write),
		op("POST", base+"orders/{order_id}/shipping_info/update", "UpdateShippingInfo_202309", "seller.logistics", updateTracking, write),
		op("GET", base+"orders/{order_id}/tracking", "GetTracking_202309", "seller.logistics", orderTracking),
		op("POST", base+"packages/{package_id}/ship", "ShipPackage_202309", ship, shipPackage, write),
		op("POST", base+"packages/search", "SearchPackage_202309", ship, searchPackages, optionalCipher),
		op("GET", base+"packages/{package_id}", "GetPackageDetail_202309", ship, onePackage, optionalCipher),
	}
}

func afterSaleOperations() []operation {
	const scope, base = "seller.return_refund.basic", "/return_refund/202309/"
	return []operation{
		op("POST", base+"cancellations", "CancelOrder_202309", scope, cancelOrder, write),
		op("POST", base+"cancellations/search", "SearchCancellations_202309", scope, searchCancellations),
		op("POST", base+"cancellations/{cancel_id}/approve", "ApproveCancellation_202309", scope, approveCancellation, write),
		op("POST", base+"cancellations/{cancel_id}/reject", "RejectCancellation_202309", scope, rejectCancellation, write),
		op("POST", base+"returns/search", "SearchReturns_202309", scope, searchReturns),
		op("POST", base+"returns/{return_id}/approve", "ApproveReturn_202309", scope, approveReturn, write),
		op("POST", base+"returns/{return_id}/reject", "RejectReturn_202309", scope, rejectReturn, write),
		op("GET", base+"reject_reasons", "GetRejectReasons_202309", scope, rejectReasons),
	}
}

func chatOperations() []operation {
	const scope, base = "seller.customer_service", "/customer_service/202309/"
	return []operation{
		op("GET", base+"conversations", "GetConversations_202309", scope, chat(listConversations)),
		op("POST", base+"conversations", "CreateConversation_202309", scope, chat(createConversation), write),
		op("GET", base+"conversations/{conversation_id}/messages", "GetConversationMessages_202309", scope, chat(listMessages)),
		op("POST", base+"conversations/{conversation_id}/messages", "SendMessage_202309", scope, chat(sendMessage), write),
		op("POST", base+"conversations/{conversation_id}/messages/read", "ReadMessage_202309", scope, chat(readMessages), write),
		op("POST", base+"images/upload", "UploadBuyerMessagesImage_202309", scope, chat(uploadChatImage), upload),
		op("GET", base+"agents/settings", "GetAgentSettings_202309", scope, chat(agentSettings)),
		op("PUT", base+"agents/settings", "UpdateAgentSettings_202309", scope, chat(putAgentSettings), write),
	}
}

// count notes an answered call.
func count(tx *simkit.Tx, o operation) error {
	if err := add(tx, "count", o.id, 1); err != nil || !o.write {
		return err
	}
	return add(tx, "total", "writes", 1)
}

// add raises a number kept in the store.
func add(tx *simkit.Tx, table, key string, by int) error {
	var n int
	if _, err := tx.Find(table, key, &n); err != nil {
		return err
	}
	return tx.Put(table, key, n+by)
}
