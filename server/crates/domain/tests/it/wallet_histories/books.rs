//! Books in memory that do what the engine will do with the rules, and check them.

use std::collections::{BTreeMap, HashSet};

use domain::account::{Account, AccountKind};
use domain::clawback::{self, Balances, Policy};
use domain::currency::Currency;
use domain::exchange::{Rate, exchange};
use domain::fee::{given_back, share};
use domain::id::{PayoutId, SellerId};
use domain::money::Money;
use domain::payout::decide::{Refused, create};
use domain::payout::event::{Command, Event, Fact, Order};
use domain::payout::{Payout, Phase, Place};
use domain::posting::exchange::exchanged;
use domain::posting::payout::PayoutParties;
use domain::posting::wallet::WalletMovement;
use domain::posting::{Movement, Parties, Posting, PostingError};
use domain::release::{Share, release};
use domain::reserve::RollingReserve;
use uuid::Uuid;

use crate::examples::{BUYER, PARTIES, PAYOUT_ACCOUNT, payee, refund, staff};
use crate::payout_laws::checked;

const CURRENCIES: [Currency; 3] = [Currency::EUR, Currency::USD, Currency::JPY];

/// What somebody asks of a pay-out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    Approve,
    Submit,
    Hold,
    Resume,
    Cancel,
}

/// One payment as the wallet sees it, in minor units.
#[derive(Debug, Clone, Copy)]
struct Sale {
    seller: SellerId,
    currency: Currency,
    captured: i64,
    fee: Money,
    refunded: i64,
    fee_returned: Money,
    /// On pending, of this payment, and of that what covers the claw-backs of others.
    pending: i64,
    covering: i64,
    released: i64,
    kept: i64,
    kept_released: i64,
}

#[derive(Debug, Clone)]
struct Out {
    seller: SellerId,
    state: Payout,
    /// What has left the bank for it, less what came back.
    left: i64,
}

pub(super) struct Books {
    reserve: RollingReserve,
    balances: BTreeMap<(Account, Currency), i64>,
    causes: HashSet<(Uuid, String)>,
    sales: Vec<Sale>,
    outs: Vec<Out>,
    owed: BTreeMap<(SellerId, Currency), i64>,
    exchanges: u128,
}

fn seller(number: usize) -> SellerId {
    SellerId::from_uuid(Uuid::from_u128(number as u128 % 3))
}

impl Books {
    pub(super) fn new(basis_points: u32) -> Self {
        Self {
            reserve: RollingReserve::new(basis_points, 90).unwrap(),
            balances: BTreeMap::new(),
            causes: HashSet::new(),
            sales: Vec::new(),
            outs: Vec::new(),
            owed: BTreeMap::new(),
            exchanges: 0,
        }
    }

    pub(super) fn sale(&mut self, number: usize, currency: usize, minor: i64) {
        let (amount, fee) = self.sell(number, currency, minor);
        let at = self.sales.len() - 1;
        let posting = Movement::Captured { total: amount, amount, fee }.posting(self.parties(at));
        self.post(sale_id(at), &posting.unwrap());
    }

    /// A buyer pays from their wallet, if there is enough.
    pub(super) fn wallet_sale(&mut self, number: usize, currency: usize, minor: i64) {
        if self.owes(Account::BuyerWallet(BUYER), CURRENCIES[currency]) < minor {
            return;
        }
        let (amount, fee) = self.sell(number, currency, minor);
        let at = self.sales.len() - 1;
        let paid = WalletMovement::PaidFromWallet { buyer: BUYER, total: amount, amount, fee };
        self.post(sale_id(at), &paid.posting(seller(number)).unwrap());
    }

    fn sell(&mut self, number: usize, currency: usize, minor: i64) -> (Money, Money) {
        let amount = Money::from_minor(minor, CURRENCIES[currency]);
        let fee = share(amount, 500);
        self.sales.push(Sale {
            seller: seller(number),
            currency: amount.currency(),
            captured: minor,
            fee,
            refunded: 0,
            fee_returned: Money::zero(amount.currency()),
            pending: minor - fee.minor(),
            covering: 0,
            released: 0,
            kept: 0,
            kept_released: 0,
        });
        (amount, fee)
    }

    pub(super) fn release(&mut self, at: usize) {
        let Some(at) = self.which(at) else { return };
        let sale = self.sales[at];
        let money = |minor| Money::from_minor(minor, sale.currency);
        let owed = self.owed.entry((sale.seller, sale.currency)).or_default();
        let found = Share {
            pending: money(sale.pending - sale.covering),
            before: money(sale.released),
            owed: money(*owed),
        };
        let parts = release(found, self.reserve).unwrap();
        *owed -= parts.covers.minor();
        let moved = parts.available.checked_add(parts.reserved).unwrap();
        let sale = &mut self.sales[at];
        sale.covering += parts.covers.minor();
        sale.pending -= moved.minor();
        sale.released += moved.minor();
        sale.kept += parts.reserved.minor();
        let (available, reserved) = (parts.available, parts.reserved);
        let movement =
            WalletMovement::Released { total: money(sale.released), available, reserved };
        self.post_wallet(at, &movement);
    }

    pub(super) fn reserve_released(&mut self, at: usize) {
        let Some(at) = self.which(at) else { return };
        let sale = &mut self.sales[at];
        let amount = Money::from_minor(sale.kept, sale.currency);
        sale.kept_released += sale.kept;
        sale.kept = 0;
        let total = Money::from_minor(sale.kept_released, sale.currency);
        self.post_wallet(at, &WalletMovement::ReserveReleased { total, amount });
    }

    pub(super) fn refund(&mut self, at: usize, minor: i64, policy: &Policy, to_wallet: bool) {
        let Some(at) = self.which(at) else { return };
        let sale = self.sales[at];
        let money = |minor| Money::from_minor(minor, sale.currency);
        let amount = money(minor.min(sale.captured - sale.refunded));
        let Ok(id) = u8::try_from(self.causes.len()) else { return };
        if !amount.is_positive() {
            return;
        }
        let total = money(sale.refunded + amount.minor());
        let returned = given_back(sale.fee, total, money(sale.captured));
        let fee_given_back = returned.checked_sub(sale.fee_returned).unwrap();
        let sellers = amount.checked_sub(fee_given_back).unwrap();
        let refund = refund(id);
        let (of, posting) = if to_wallet {
            let paid = WalletMovement::ToppedUp { buyer: BUYER, refund, amount, fee_given_back };
            (paid.cause(), paid.posting(sale.seller))
        } else {
            let paid = Movement::Refunded { refund, amount, fee_given_back };
            (paid.cause(), paid.posting(self.parties(at)))
        };
        let balances = Balances {
            pending: money(sale.pending - sale.covering),
            available: money(self.owes(Account::SellerAvailable(sale.seller), sale.currency)),
            reserved: money(self.owes(Account::SellerReserved(sale.seller), sale.currency)),
        };
        self.post(sale_id(at), &posting.unwrap());
        self.sales[at].refunded = total.minor();
        self.sales[at].fee_returned = returned;
        self.sales[at].pending -= sellers.minor();
        if sellers.is_positive() {
            let taken = clawback::plan(sellers, balances, policy).unwrap();
            let refilled = [taken.available, taken.reserved, taken.debt].map(Money::minor);
            self.sales[at].pending += refilled.iter().sum::<i64>();
            *self.owed.entry((sale.seller, sale.currency)).or_default() += taken.next_sales.minor();
            self.take_from_reserves(sale.seller, sale.currency, taken.reserved.minor());
            self.post_wallet(at, &WalletMovement::ClawedBack { of, taken });
        }
    }

    /// What is clawed back from the reserve is taken from what was kept first.
    fn take_from_reserves(&mut self, seller: SellerId, currency: Currency, mut minor: i64) {
        let own = |sale: &&mut Sale| sale.seller == seller && sale.currency == currency;
        for sale in self.sales.iter_mut().filter(own) {
            let part = sale.kept.min(minor);
            sale.kept -= part;
            minor -= part;
        }
        assert_eq!(minor, 0, "more was clawed back from the reserve than was kept");
    }

    pub(super) fn payout(&mut self, number: usize, currency: usize, minor: i64) {
        let (seller, currency) = (seller(number), CURRENCIES[currency]);
        let available = self.owes(Account::SellerAvailable(seller), currency);
        let open = [Phase::Draft, Phase::Approved, Phase::Held];
        let own = |out: &&Out| out.seller == seller && out.state.amount.currency() == currency;
        let drafted: i64 = self
            .outs
            .iter()
            .filter(own)
            .filter(|out| open.contains(&out.state.phase))
            .map(|out| out.state.amount.minor())
            .sum();
        let order = Order {
            amount: Money::from_minor(minor, currency),
            available: Money::from_minor(available - drafted, currency),
            payee: Some(payee(1)),
            maker: staff(1),
            needs_second: true,
        };
        match create(&order) {
            Ok(made) => self.outs.push(Out { seller, state: made.next, left: 0 }),
            Err(Refused::TooMuch { .. }) => assert!(minor > available - drafted),
            Err(other) => panic!("{order:?}: {other}"),
        }
    }

    pub(super) fn ask(&mut self, at: usize, asked: Asked) {
        let Some(at) = at.checked_rem(self.outs.len()) else { return };
        let out = &self.outs[at];
        let currency = out.state.amount.currency();
        let account = Account::SellerAvailable(out.seller);
        let available = Money::from_minor(self.owes(account, currency), currency);
        let command = match asked {
            Asked::Approve => Command::Approve { by: staff(2), verifier: None },
            Asked::Submit => Command::Submit { available, payee: Some(payee(1)) },
            Asked::Hold => Command::Hold,
            Asked::Resume => Command::Resume { by: staff(2) },
            Asked::Cancel => Command::Cancel,
        };
        self.hear(at, Event::Command(command));
        let left = self.owes(account, currency);
        assert!(left >= 0 || left == available.minor(), "a command paid more than there was");
    }

    pub(super) fn learn(&mut self, at: usize, fact: Fact) {
        let Some(at) = at.checked_rem(self.outs.len()) else { return };
        self.hear(at, Event::Fact(fact));
    }

    fn hear(&mut self, at: usize, event: Event) {
        let Some(decision) = checked(&self.outs[at].state, event) else { return };
        let parties = PayoutParties { seller: self.outs[at].seller, account: PAYOUT_ACCOUNT };
        let id = PayoutId::from_uuid(Uuid::from_u128((2 << 64) | at as u128));
        for movement in &decision.movements {
            let posting = movement.posting(parties).unwrap();
            self.post(id.uuid(), &posting);
            let bank = posting.entries().iter().filter(|e| e.account.kind() == AccountKind::Bank);
            self.outs[at].left -= bank.map(|entry| entry.amount.minor()).sum::<i64>();
        }
        self.outs[at].state = decision.next;
    }

    pub(super) fn exchange(&mut self, number: usize, from: usize, to: usize, minor: i64) {
        let account = Account::SellerAvailable(seller(number));
        let units = "1.0837".parse().unwrap();
        let Ok(rate) = Rate::new(CURRENCIES[from], CURRENCIES[to], units) else { return };
        if self.owes(account, rate.from()) < minor {
            return;
        }
        let sold = Money::from_minor(minor, rate.from());
        let Ok(figures) = exchange(sold, rate, 150) else { return };
        self.exchanges += 1;
        let posting = exchanged("exchanged".into(), &figures, account, account).unwrap();
        self.post(Uuid::from_u128((3 << 64) | self.exchanges), &posting);
    }

    fn which(&self, at: usize) -> Option<usize> {
        at.checked_rem(self.sales.len())
    }

    fn parties(&self, at: usize) -> Parties {
        Parties { seller: self.sales[at].seller, ..PARTIES }
    }

    fn post_wallet(&mut self, at: usize, movement: &WalletMovement) {
        match movement.posting(self.sales[at].seller) {
            Ok(posting) => self.post(sale_id(at), &posting),
            Err(PostingError::Empty) => {}
            Err(error) => panic!("{movement:?}: {error}"),
        }
    }

    fn post(&mut self, object: Uuid, posting: &Posting) {
        let fresh = self.causes.insert((object, posting.cause().to_owned()));
        assert!(fresh, "{} was posted twice", posting.cause());
        for entry in posting.entries() {
            let key = (entry.account, entry.amount.currency());
            *self.balances.entry(key).or_default() += entry.amount.minor();
        }
    }

    /// What we owe on the account: credit positive.
    fn owes(&self, account: Account, currency: Currency) -> i64 {
        -self.balances.get(&(account, currency)).copied().unwrap_or(0)
    }

    /// Every law of the books as they stand.
    pub(super) fn check(&self) {
        for currency in CURRENCIES {
            let of = |kind: AccountKind| -> i64 {
                let of = |((account, of), _): &(&(Account, Currency), &i64)| {
                    *of == currency && account.kind() == kind
                };
                self.balances.iter().filter(of).map(|(_, minor)| minor).sum()
            };
            let sum: i64 = AccountKind::ALL.into_iter().map(of).sum();
            assert_eq!(sum, 0, "the books sum to zero in {currency}");
            self.check_payouts(currency, of(AccountKind::PayoutsInTransit), of(AccountKind::Bank));
            assert!(self.owes(Account::BuyerWallet(BUYER), currency) >= 0);
            for number in 0..3 {
                self.check_seller(seller(number), currency);
            }
        }
    }

    /// What is in transit and what has left the bank is what the pay-outs say, each once at most.
    fn check_payouts(&self, currency: Currency, in_transit: i64, bank: i64) {
        let outs = || self.outs.iter().filter(|out| out.state.amount.currency() == currency);
        let at = |place| -> i64 {
            let there = outs().filter(|out| out.state.phase.place() == place);
            there.map(|out| out.state.amount.minor()).sum()
        };
        assert_eq!(-in_transit, at(Place::Transit), "pay-outs in transit, {currency}");
        assert_eq!(-bank, at(Place::Gone), "what has left the bank, {currency}");
        for out in outs() {
            let gone = out.state.phase.place() == Place::Gone;
            assert_eq!(out.left, if gone { out.state.amount.minor() } else { 0 }, "{out:?}");
        }
    }

    fn check_seller(&self, seller: SellerId, currency: Currency) {
        let sales =
            || self.sales.iter().filter(|sale| sale.seller == seller && sale.currency == currency);
        let pending: i64 = sales().map(|sale| sale.pending).sum();
        let kept: i64 = sales().map(|sale| sale.kept).sum();
        let missing: i64 = sales().map(|sale| (sale.covering - sale.pending).max(0)).sum();
        let covering: i64 = sales().map(|sale| sale.covering).sum();
        let owed = self.owed.get(&(seller, currency)).copied().unwrap_or(0);

        assert_eq!(self.owes(Account::SellerPending(seller), currency), pending);
        assert_eq!(self.owes(Account::SellerReserved(seller), currency), kept);
        assert!(kept >= 0 && owed >= 0, "reserved {kept}, owed {owed}");
        assert_eq!(missing, owed + covering, "what is missing is owed, or covered by sales");
        for sale in sales() {
            assert!(sale.refunded <= sale.captured && sale.kept >= 0, "{sale:?}");
        }
    }
}

/// The id of a payment among the objects that postings belong to.
fn sale_id(at: usize) -> Uuid {
    Uuid::from_u128((1 << 64) | at as u128)
}
