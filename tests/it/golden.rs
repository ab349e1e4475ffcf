//! Every recorded conversation, held with a spawned server in the wire dialect, on all
//! three databases: replies byte for byte, and the rows left.

use crate::common::conversation::Conversation;
use crate::common::database::Backend;

macro_rules! conversations {
    ($($name:ident)*) => {
        $(
            mod $name {
                use super::*;

                #[test]
                fn sqlite() {
                    Conversation::read(stringify!($name)).hold_with_the_binary(Backend::Sqlite);
                }

                #[test]
                fn vicidial() {
                    Conversation::read(stringify!($name)).hold_with_the_binary(Backend::Vicidial);
                }

                #[test]
                fn innodb() {
                    Conversation::read(stringify!($name)).hold_with_the_binary(Backend::Innodb);
                }
            }
        )*

        /// Their names.
        const HELD: &[&str] = &[$(stringify!($name)),*];
    };
}

conversations! {
    add_did_fields add_did_order add_did_patterns add_did_permissions
    copy_did_batches copy_did_columns copy_did_permissions did_log_details did_log_export
    cid_group_details cid_group_entries filter_phone_details filter_phone_groups list_permissions
    add_phone add_phone_order_and_bounds update_phone update_phone_order_and_bounds
    phone_aliases phone_aliases_order phones_rebuild_flag phones_rebuild_on_delete
    encoding log_values mixed_1 mixed_2 mixed_3 non_latin seed_examples
    sign_in_allowed_functions sign_in_blacklist_class_c sign_in_characters sign_in_hashed sign_in_hashed_details
    sign_in_ip_blacklist sign_in_ip_lists sign_in_lockout sign_in_password_filtered sign_in_two_factor
    sign_in_two_factor_details sign_in_two_factor_off sign_in_unknown_ip_lists
    source_and_function update_did_delete update_did_fields update_did_order update_did_patterns update_did_permissions
    user_group_scope
}

#[test]
fn no_recording_is_left_out() {
    let entries = std::fs::read_dir(crate::common::fixture("golden")).expect("fixtures/golden");
    for entry in entries {
        let name = entry
            .expect("a file")
            .file_name()
            .into_string()
            .expect("a name");
        let name = name.trim_end_matches(".json");
        assert!(
            name == "state" || HELD.contains(&name),
            "{name} is in no test"
        );
    }
}
