package metasim

import "net/http"

// operations lists everything that the two hosts still do.
func (s *Sim) operations() []operation {
	const get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
	fb, ig := Facebook, Instagram
	return []operation{
		{fb, get, kindUser, "", "", tokenUser, "", (*call).user},
		{fb, get, kindSystem, "", "", tokenUser, "", (*call).user},
		{fb, get, kindUser, "accounts", "pages_show_list", tokenUser, "", (*call).accounts},
		{fb, get, kindSystem, "accounts", "pages_show_list", tokenUser, "", (*call).accounts},
		{fb, get, kindUser, "businesses", "business_management", tokenUser, "", (*call).businesses},
		{fb, get, kindSystem, "businesses", "business_management", tokenUser, "", (*call).businesses},
		{fb, get, kindUser, "permissions", "", tokenUser, "", (*call).permissions},
		{fb, del, kindUser, "permissions", "", tokenUser, "", (*call).removeApp},
		{fb, get, kindSystem, "assigned_product_catalogs", "catalog_management", tokenUser, "", (*call).catalogs},
		{fb, get, kindSystem, "assigned_pages", "pages_show_list", tokenUser, "", (*call).accounts},
		{fb, get, kindApp, "", "", kindApp, "", (*call).application},
		{fb, get, kindApp, "permissions", "", kindApp, "", (*call).appPermissions},
		{fb, get, kindApp, "subscriptions", "", kindApp, "", (*call).appSubscriptions},

		{fb, get, kindBusiness, "", "business_management", tokenUser, "", (*call).business},
		{fb, get, kindBusiness, "owned_product_catalogs", "catalog_management", tokenUser, "", (*call).catalogs},
		{fb, get, kindBusiness, "client_product_catalogs", "catalog_management", tokenUser, "", (*call).noCatalogs},
		{fb, get, kindBusiness, "owned_pages", "pages_show_list", tokenUser, "", (*call).accounts},

		{fb, get, kindPage, "", "pages_show_list", "", "", (*call).pageNode},
		{fb, get, kindPage, "subscribed_apps", "pages_manage_metadata", tokenPage, "", (*call).subscribedApps},
		{fb, post, kindPage, "subscribed_apps", "pages_manage_metadata", tokenPage, "", (*call).subscribe},
		{fb, del, kindPage, "subscribed_apps", "pages_manage_metadata", tokenPage, "", (*call).unsubscribe},
		{fb, get, kindPage, "conversations", "", tokenPage, bucketConversations, (*call).conversations},
		{fb, post, kindPage, "messages", "", tokenPage, "", (*call).send},

		{fb, get, kindCatalog, "", "catalog_management", tokenUser, bucketCatalog, (*call).catalog},
		{fb, post, kindCatalog, "items_batch", "catalog_management", tokenUser, bucketBatch, (*call).itemsBatch},
		{fb, get, kindCatalog, "check_batch_request_status", "catalog_management", tokenUser, bucketCatalog, (*call).batchStatus},
		{fb, get, kindCatalog, "products", "catalog_management", tokenUser, bucketCatalog, (*call).products},
		{fb, get, kindCatalog, "diagnostics", "catalog_management", tokenUser, bucketCatalog, (*call).diagnostics},
		{fb, get, kindItem, "", "catalog_management", "", bucketCatalog, (*call).product},
		{fb, get, kindItem, "channels_to_integrity_status", "catalog_management", tokenUser, bucketCatalog, (*call).integrity},

		{fb, get, kindIG, "", "instagram_basic", "", "", (*call).igUser},
		{fb, get, kindIG, "available_catalogs", "catalog_management", "", "", (*call).availableCatalogs},
		{fb, get, kindIG, "catalog_product_search", "catalog_management", "", "", (*call).productSearch},

		{"", get, kindThread, "", "", tokenPage, bucketConversations, (*call).conversation},
		{"", get, kindThread, "messages", "", tokenPage, bucketConversations, (*call).threadMessages},
		{"", get, kindMessage, "", "", tokenPage, bucketConversations, (*call).message},
		{"", get, kindPerson, "", "", tokenPage, "", (*call).person},

		{ig, get, kindIG, "", "", "", "", (*call).loginUser},
		{ig, get, kindIG, "conversations", "", "", bucketConversations, (*call).conversations},
		{ig, post, kindIG, "messages", "", "", "", (*call).send},
		{ig, get, kindIG, "subscribed_apps", "", "", "", (*call).subscribedApps},
		{ig, post, kindIG, "subscribed_apps", "", "", "", (*call).subscribe},
		{ig, del, kindIG, "subscribed_apps", "", "", "", (*call).unsubscribe},
	}
}

// instagramScope is the permission of Instagram Login that an operation needs.
func instagramScope(op operation) string {
	if op.kind == kindIG && op.edge == "" || op.kind == kindPerson {
		return "instagram_business_basic"
	}
	return "instagram_business_manage_messages"
}
