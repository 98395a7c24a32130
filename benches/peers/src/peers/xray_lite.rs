//! xray-lite: subsegments in Lambda functions, two datagrams each.

use std::net::SocketAddr;

use xray_lite::{AwsNamespace, Context, DaemonClient, Namespace, Subsegment, SubsegmentContext};
use xray_phantom_peers::cases::{BURST, in_invocations};
use xray_phantom_peers::rounds::Case;
use xray_phantom_peers::workloads::{CALL, HEADER, REQUEST_ID};
use xray_phantom_peers::{Outcome, check};

/// Its namespace of AWS knows no region and no table; whoever wants them writes one around it.
struct Dynamo(AwsNamespace);

impl Namespace for Dynamo {
    fn name(&self, prefix: &str) -> String {
        self.0.name(prefix)
    }

    fn update_subsegment(&self, subsegment: &mut Subsegment) {
        self.0.update_subsegment(subsegment);
        if let Some(aws) = &mut subsegment.aws
            && aws.region.is_none()
        {
            aws.region = Some("us-east-1".to_owned());
            aws.table_name = Some("Orders".to_owned());
        }
    }
}

/// Hands over the trace header in the only way in which it takes one: its variable.
#[expect(
    unsafe_code,
    reason = "it reads its trace header from a variable alone"
)]
pub(crate) fn set_header() {
    // SAFETY: `main` calls this first. No other thread is there yet that could look at variables.
    unsafe { std::env::set_var("_X_AMZN_TRACE_ID", HEADER) };
}

/// A call, sent in progress and when it ends. A context is made once for each invocation.
pub(crate) fn case(receiver: SocketAddr) -> Outcome<Case> {
    let client = DaemonClient::new(receiver)?;
    let case = Case::batch("xray-lite call twice, sent", BURST, move |times| {
        in_invocations(times, |calls| {
            let context = SubsegmentContext::from_lambda_env(client.clone())?;
            for _ in 0..calls {
                let namespace = Dynamo(AwsNamespace::new(CALL, "PutItem"));
                let mut call = context.enter_subsegment(namespace);
                let namespace = call.namespace_mut().ok_or("xray-lite could not send")?;
                namespace.0.request_id(REQUEST_ID).response_status(200);
            }
            Ok(())
        })
    });
    Ok(case.sends(2).checked(check::call))
}
