//! What a scripted reply costs, beside one of `StaticReplayClient`.
