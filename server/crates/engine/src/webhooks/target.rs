//! Where webhooks may go: not to addresses inside of somebody's network, unless that is wanted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

/// How long a shop's server may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The client that delivers webhooks. Follows no redirects and believes no proxy settings.
///
/// # Panics
/// If the TLS provider was not installed at the start of the program.
pub(super) fn client(allow_private: bool) -> Client {
    let builder = Client::builder()
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        .no_proxy()
        .user_agent(concat!("Paydesk/", env!("CARGO_PKG_VERSION")));
    let builder = if allow_private { builder } else { builder.dns_resolver(Arc::new(PublicOnly)) };
    builder.build().expect("the TLS provider is installed at start")
}

/// The address to deliver to.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn parse(address: &str, allow_private: bool) -> Result<Url, &'static str> {
    let url = Url::parse(address).map_err(|_| "the webhook address cannot be read")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the webhook address is neither http nor https");
    }
    // A host that is an address never meets the resolver.
    let literal = url
        .host_str()
        .and_then(|host| host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok());
    match literal {
        Some(ip) if !allow_private && !is_public(ip) => {
            Err("the webhook address is inside of a private network")
        }
        _ => Ok(url),
    }
}

/// Resolves names, and leaves out every address that is not on the public internet.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                return Err("the host has no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether `ip` is on the public internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [first, second, third, _] = ip.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_benchmark = first == 198 && (18..20).contains(&second);
    let is_protocol = first == 192 && second == 0 && third == 0;
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || first == 0
        || first >= 240
        || is_shared
        || is_benchmark
        || is_protocol)
}

/// Only global unicast (`2000::/3`), without the prefixes that wrap an IPv4 address.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let is_global_unicast = segments[0] & 0xe000 == 0x2000;
    let is_6to4 = segments[0] == 0x2002;
    let is_teredo_or_special = segments[0] == 0x2001 && segments[1] < 0x0200;
    let is_documentation = segments[0] == 0x2001 && segments[1] == 0x0db8;
    is_global_unicast && !is_6to4 && !is_teredo_or_special && !is_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_of_a_network_are_refused() {
        for address in [
            "http://127.0.0.1/hook",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://2130706433/",
            "file:///etc/passwd",
            "not an address",
        ] {
            assert!(parse(address, false).is_err(), "{address} must be refused");
        }
    }

    #[test]
    fn public_addresses_and_names_are_taken() {
        for address in
            ["https://shop.example/hook", "http://93.184.215.14/", "http://[2606:4700::1]/"]
        {
            assert!(parse(address, false).is_ok(), "{address} must be taken");
        }
    }

    #[test]
    fn private_addresses_are_taken_where_that_is_wanted() {
        assert!(parse("http://127.0.0.1:4200/webhooks", true).is_ok());
    }
}
