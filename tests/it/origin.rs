//! Where a program runs, as variables and files show it.

use std::fs;

use xray_phantom::json::Document;
use xray_phantom::recorder::Origin;
use xray_phantom::schema::judge;
use xray_phantom::seam::Environment;

use crate::support::Folder;

const BEANSTALK: &str = "var/elasticbeanstalk/xray/environment.conf";
const EKS_TOKEN: (&str, &str) = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
);
const ECS_ADDRESS: (&str, &str) = (
    "ECS_CONTAINER_METADATA_URI_V4",
    "http://169.254.170.2/v4/cd189a933e5849daa93386466019ab50-2495160603",
);

/// What is found in a folder with these files, in lines: the name, the blocks, the notes.
#[track_caller]
fn check(test: &str, variables: &[(&str, &str)], files: &[(&str, &str)], expected: &[&str]) {
    let folder = Folder::new(&format!("origin-{test}"));
    for (path, text) in files {
        let path = folder.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    assert_eq!(detected(&folder, variables), expected);
}

fn detected(folder: &Folder, variables: &[(&str, &str)]) -> Vec<String> {
    let environment = Environment::of(variables.iter().copied());
    let (origin, notes) = Origin::detect(&environment, &folder.0);
    let mut lines: Vec<String> = origin.name().map(str::to_owned).into_iter().collect();
    lines.extend(origin.blocks().map(|(key, json)| format!("{key} {json}")));
    let root = folder.0.display().to_string();
    lines.extend(notes.iter().map(|note| note.to_string().replace(&root, "")));
    lines
}

#[test]
fn nothing_is_said_where_nothing_shows() {
    check(
        "nothing",
        &[("HOSTNAME", "h")],
        &[("etc/hostname", "h")],
        &[],
    );
}

#[test]
fn elastic_beanstalk_tells_by_a_file() {
    check(
        "beanstalk",
        &[],
        &[(
            BEANSTALK,
            r#"{"deployment_id": 32, "environment_name": "scorekeep", "version_label": "app-5a56", "x": 1}"#,
        )],
        &[
            "AWS::ElasticBeanstalk::Environment",
            r#"elastic_beanstalk {"deployment_id":32,"environment_name":"scorekeep","version_label":"app-5a56"}"#,
        ],
    );
}

#[test]
fn a_container_of_ecs_tells_by_a_variable_and_has_the_name_of_its_host() {
    let expected = &["AWS::ECS::Container", r#"ecs {"container":"ip-10-0-0-7"}"#];
    let host = ("HOSTNAME", "ip-10-0-0-7");
    check(
        "ecs-v4",
        &[ECS_ADDRESS, host],
        &[("etc/hostname", "other")],
        expected,
    );
    let old = ("ECS_CONTAINER_METADATA_URI", "http://169.254.170.2/v3/1");
    check(
        "ecs-v3",
        &[old],
        &[("etc/hostname", "ip-10-0-0-7\n")],
        expected,
    );
    check(
        "ecs-blank",
        &[ECS_ADDRESS, ("HOSTNAME", " ")],
        &[("etc/hostname", "ip-10-0-0-7\n")],
        expected,
    );
    check(
        "ecs-nameless",
        &[ECS_ADDRESS],
        &[],
        &["AWS::ECS::Container"],
    );
}

#[test]
fn a_pod_of_eks_tells_by_the_place_of_its_token() {
    let expected = &["AWS::EKS::Container", r#"eks {"pod":"orders-6f4d"}"#];
    let host = ("HOSTNAME", "orders-6f4d");
    check("eks-role", &[EKS_TOKEN, host], &[], expected);
    let identity = (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
    );
    check("eks-identity", &[identity, host], &[], expected);
    let elsewhere = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token");
    check("eks-not", &[elsewhere, host], &[], &[]);
}

#[test]
fn the_outermost_place_gives_the_name_and_all_give_blocks() {
    let host = ("HOSTNAME", "h");
    let beanstalk = (BEANSTALK, r#"{"environment_name": "e"}"#);
    check(
        "eks-and-ecs",
        &[ECS_ADDRESS, EKS_TOKEN, host],
        &[],
        &[
            "AWS::EKS::Container",
            r#"ecs {"container":"h"}"#,
            r#"eks {"pod":"h"}"#,
        ],
    );
    check(
        "all",
        &[ECS_ADDRESS, EKS_TOKEN, host],
        &[beanstalk],
        &[
            "AWS::ElasticBeanstalk::Environment",
            r#"ecs {"container":"h"}"#,
            r#"eks {"pod":"h"}"#,
            r#"elastic_beanstalk {"environment_name":"e"}"#,
        ],
    );
}

#[test]
fn the_judge_takes_what_is_found() {
    let folder = Folder::new("origin-judged");
    let path = folder.0.join(BEANSTALK);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(
        &path,
        r#"{"deployment_id": "7", "environment_name": "\ud83d\ude80 \"e\""}"#,
    )
    .unwrap();
    let environment = Environment::of([ECS_ADDRESS, EKS_TOKEN, ("HOSTNAME", "\"h\"\n")]);
    let (origin, notes) = Origin::detect(&environment, &folder.0);
    assert_eq!(notes, []);
    let blocks: Vec<String> = origin
        .blocks()
        .map(|(key, json)| format!("{key:?}: {json}"))
        .collect();
    let segment = format!(
        r#"{{"trace_id": "1-5759e988-bd862e3fe1be46a994272793", "id": "53995c3f42cd8ad8",
            "name": "a", "start_time": 1.0, "end_time": 1.5, "origin": "{}", "aws": {{{}}}}}"#,
        origin.name().unwrap(),
        blocks.join(", ")
    );
    assert_eq!(judge(&Document::parse(&segment).unwrap()), []);
    assert_eq!(blocks.len(), 3);
}

#[test]
fn of_lambda_nothing_is_said() {
    let lambda = ("AWS_LAMBDA_FUNCTION_NAME", "orders");
    check("lambda", &[lambda, ECS_ADDRESS], &[(BEANSTALK, "{")], &[]);
}

#[test]
fn a_file_that_is_there_and_cannot_be_used_is_noted() {
    check(
        "no-json",
        &[],
        &[(BEANSTALK, "deployment_id: 32")],
        &[
            "unknown-origin: `/var/elasticbeanstalk/xray/environment.conf` is no JSON: \
         `deployment_id` is no JSON value at its first byte",
        ],
    );
    check(
        "no-object",
        &[ECS_ADDRESS],
        &[(BEANSTALK, "[]")],
        &[
            "AWS::ECS::Container",
            "unknown-origin: `/var/elasticbeanstalk/xray/environment.conf` holds an array, expected an object",
        ],
    );
    let folder = Folder::new("origin-folder");
    fs::create_dir_all(folder.0.join(BEANSTALK)).unwrap();
    let lines = detected(&folder, &[]);
    let begin = "unknown-origin: `/var/elasticbeanstalk/xray/environment.conf` cannot be read: ";
    assert!(lines.len() == 1 && lines[0].starts_with(begin), "{lines:?}");
}

#[test]
fn a_field_of_another_type_is_noted_and_the_others_are_used() {
    check(
        "fields",
        &[],
        &[(
            BEANSTALK,
            r#"{"deployment_id": "32", "environment_name": null, "version_label": "v"}"#,
        )],
        &[
            "AWS::ElasticBeanstalk::Environment",
            r#"elastic_beanstalk {"deployment_id":32,"version_label":"v"}"#,
            "unknown-origin: `/var/elasticbeanstalk/xray/environment.conf` gives `environment_name` as \
             null, expected a string",
        ],
    );
}

#[test]
fn a_folder_that_is_a_file_is_none() {
    check("file", &[], &[("var/elasticbeanstalk", "")], &[]);
}

#[test]
fn what_the_program_says_comes_before_or_behind_what_is_found() {
    let instance = Origin::new("AWS::EC2::Instance").with("ec2", "instance_id", "i-\"1\"");
    assert_eq!(Origin::default().or(instance.clone()), instance);
    let container = Origin::new("AWS::ECS::Container")
        .with("ec2", "ami_id", "ami-1")
        .with("xray", "sdk", "other");
    let both = container.or(instance);
    assert_eq!(both.name(), Some("AWS::ECS::Container"));
    let blocks: Vec<(&str, String)> = both.blocks().collect();
    assert_eq!(blocks, [("ec2", r#"{"ami_id":"ami-1"}"#.to_owned())]);
}
