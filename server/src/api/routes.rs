//! Every route of the API, once: the router and its description are both made from this list.

use axum::routing::{MethodRouter, delete, get, post};

use super::{
    captures, checkouts, disputes, exchange_quotes, exchange_rates, history, payee_accounts,
    payments, payouts, refunds, revenue, sellers, shares, webhook_endpoints,
};
use crate::wiring::Services;

macro_rules! routes {
    ($($(#[$doc:meta])* $variant:ident = $method:ident $path:literal => $handler:path;)*) => {
        /// One method of one path below `/v1`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Route {
            $($(#[$doc])* $variant,)*
        }

        impl Route {
            /// All of them, in the order of the description.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The method, in small letters.
            pub const fn method(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($method),)*
                }
            }

            /// The path below `/v1`.
            pub const fn path(self) -> &'static str {
                match self {
                    $(Self::$variant => $path,)*
                }
            }

            /// A name for programs.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }

            /// Who answers it.
            pub fn handler(self) -> MethodRouter<Services> {
                match self {
                    $(Self::$variant => $method($handler),)*
                }
            }
        }
    };
}

routes! {
    /// Takes a checkout in.
    CreatePayments = post "/payments" => payments::create;
    /// Shows a payment.
    GetPayment = get "/payments/{id}" => payments::find;
    /// Takes what is held.
    CapturePayment = post "/payments/{id}/capture" => captures::capture;
    /// Releases what is held.
    CancelPayment = post "/payments/{id}/cancel" => captures::cancel;
    /// Gives back what was taken.
    CreateRefund = post "/payments/{id}/refunds" => refunds::create;
    /// Shows the refunds of a payment.
    ListRefunds = get "/payments/{id}/refunds" => refunds::list;
    /// Shows every change of a payment.
    ListChanges = get "/payments/{id}/history" => history::list;
    /// Shows the disputes over a payment.
    ListDisputes = get "/payments/{id}/disputes" => disputes::list;
    /// Says that what was bought was delivered.
    ReleasePayment = post "/payments/{id}/release" => shares::release;
    /// Shows what the seller has of a payment.
    GetShare = get "/payments/{id}/share" => shares::find;
    /// Shows what a refund would take from where.
    PreviewRefund = get "/payments/{id}/refund_preview" => shares::preview;
    /// Shows the sellers.
    ListSellers = get "/sellers" => sellers::list;
    /// Shows a seller.
    GetSeller = get "/sellers/{id}" => sellers::find;
    /// Shows what a seller has.
    ListWallets = get "/sellers/{id}/wallets" => sellers::wallets;
    /// Shows what moved in a seller's wallet.
    GetStatement = get "/sellers/{id}/statement" => sellers::statement;
    /// Shows the balance of every account.
    ListBalances = get "/balances" => sellers::balances;
    /// Shows what the shop earned.
    GetRevenue = get "/revenue" => revenue::report;
    /// Shows a refund.
    GetRefund = get "/refunds/{id}" => refunds::find;
    /// Shows a dispute.
    GetDispute = get "/disputes/{id}" => disputes::find;
    /// Shows a checkout.
    GetCheckout = get "/checkouts/{id}" => checkouts::find;
    /// Cancels what is not paid of a checkout.
    CancelCheckout = post "/checkouts/{id}/cancel" => checkouts::cancel;
    /// Offers to exchange money of a seller.
    CreateExchangeQuote = post "/exchange_quotes" => exchange_quotes::create;
    /// Shows an offer to exchange.
    GetExchangeQuote = get "/exchange_quotes/{id}" => exchange_quotes::find;
    /// Exchanges at an offer.
    AcceptExchangeQuote = post "/exchange_quotes/{id}/accept" => exchange_quotes::accept;
    /// Shows what currencies are worth.
    ListExchangeRates = get "/exchange_rates" => exchange_rates::list;
    /// Makes a pay-out.
    CreatePayout = post "/payouts" => payouts::create;
    /// Shows pay-outs.
    ListPayouts = get "/payouts" => payouts::list;
    /// Shows a pay-out.
    GetPayout = get "/payouts/{id}" => payouts::find;
    /// Gives a pay-out up.
    CancelPayout = post "/payouts/{id}/cancel" => payouts::cancel;
    /// Adds a seller's bank account.
    CreatePayeeAccount = post "/sellers/{id}/payee_accounts" => payee_accounts::create;
    /// Shows a seller's bank accounts.
    ListPayeeAccounts = get "/sellers/{id}/payee_accounts" => payee_accounts::list;
    /// Adds a receiver of events.
    CreateWebhookEndpoint = post "/webhook_endpoints" => webhook_endpoints::create;
    /// Shows the receivers of events.
    ListWebhookEndpoints = get "/webhook_endpoints" => webhook_endpoints::list;
    /// Shows a receiver of events.
    GetWebhookEndpoint = get "/webhook_endpoints/{id}" => webhook_endpoints::find;
    /// Sends nothing more to a receiver of events.
    DeleteWebhookEndpoint = delete "/webhook_endpoints/{id}" => webhook_endpoints::disable;
    /// Shows what a receiver of events did not take.
    ListUntakenDeliveries = get "/webhook_endpoints/{id}/deliveries" => webhook_endpoints::untaken;
}
