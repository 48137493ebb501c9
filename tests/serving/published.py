"""The config.json of published models, as far as their size goes, from their pages on the hub."""

LLAMA_8B = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    "max_position_embeddings": 131072, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192},
}  # fmt: skip
LLAMA_70B = {
    **LLAMA_8B, "hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64,
}  # fmt: skip
QWEN3_CODER_30B = {
    "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": 2048, "head_dim": 128,
    "intermediate_size": 5472, "moe_intermediate_size": 768, "num_experts": 128, "num_experts_per_tok": 8,
    "decoder_sparse_step": 1, "mlp_only_layers": [], "num_hidden_layers": 48, "num_attention_heads": 32,
    "num_key_value_heads": 4, "vocab_size": 151936, "max_position_embeddings": 262144, "tie_word_embeddings": False,
    "torch_dtype": "bfloat16", "use_sliding_window": False, "sliding_window": None,
}  # fmt: skip
QWEN3_CODER_480B = {
    **QWEN3_CODER_30B, "hidden_size": 6144, "num_hidden_layers": 62, "num_attention_heads": 96,
    "num_key_value_heads": 8, "moe_intermediate_size": 2560, "num_experts": 160,
}  # fmt: skip
MIXTRAL = {
    "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "num_local_experts": 8,
    "num_experts_per_tok": 2, "vocab_size": 32000, "max_position_embeddings": 32768, "sliding_window": None,
    "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip
QWEN25_7B = {
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944,
    "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064,
    "max_position_embeddings": 32768, "use_sliding_window": False, "sliding_window": 131072, "max_window_layers": 28,
    "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip
DEEPSEEK_V3 = {
    "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "hidden_size": 7168,
    "intermediate_size": 18432, "moe_intermediate_size": 2048, "n_routed_experts": 256, "n_shared_experts": 1,
    "num_experts_per_tok": 8, "first_k_dense_replace": 3, "moe_layer_freq": 1, "num_hidden_layers": 61,
    "num_attention_heads": 128, "num_key_value_heads": 128, "kv_lora_rank": 512, "q_lora_rank": 1536,
    "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 129280,
    "max_position_embeddings": 163840, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    "rope_scaling": {"type": "yarn", "factor": 40, "original_max_position_embeddings": 4096},
}  # fmt: skip
GEMMA2_9B = {
    "architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "hidden_size": 3584, "intermediate_size": 14336,
    "num_hidden_layers": 42, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 256,
    "vocab_size": 256000, "max_position_embeddings": 8192, "sliding_window": 4096, "torch_dtype": "bfloat16",
}  # fmt: skip
GEMMA3_27B = {
    "architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "torch_dtype": "bfloat16",
    "text_config": {
        "model_type": "gemma3_text", "hidden_size": 5376, "intermediate_size": 21504, "num_hidden_layers": 62,
        "num_attention_heads": 32, "num_key_value_heads": 16, "head_dim": 128, "vocab_size": 262208,
        "max_position_embeddings": 131072, "sliding_window": 1024, "sliding_window_pattern": 6,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
    },
}  # fmt: skip
GPT_OSS_20B = {
    "architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880,
    "num_hidden_layers": 24, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64,
    "num_local_experts": 32, "num_experts_per_tok": 4, "sliding_window": 128, "vocab_size": 201088,
    "max_position_embeddings": 131072, "tie_word_embeddings": False,
    "layer_types": ["sliding_attention", "full_attention"] * 12, "quantization_config": {"quant_method": "mxfp4"},
}  # fmt: skip
LLAMA4_SCOUT = {
    "architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4",
    "text_config": {
        "model_type": "llama4_text", "hidden_size": 5120, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
        "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128,
        "attention_chunk_size": 8192, "num_local_experts": 16, "num_experts_per_tok": 1,
        "interleave_moe_layer_step": 1, "vocab_size": 202048, "max_position_embeddings": 10485760,
    },
}  # fmt: skip
QWEN3_NEXT = {
    "architectures": ["Qwen3NextForCausalLM"], "model_type": "qwen3_next", "hidden_size": 2048,
    "intermediate_size": 5120, "moe_intermediate_size": 512, "num_experts": 512, "num_experts_per_tok": 10,
    "shared_expert_intermediate_size": 512, "num_hidden_layers": 48, "full_attention_interval": 4,
    "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "linear_conv_kernel_dim": 4,
    "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32,
    "linear_value_head_dim": 128, "vocab_size": 151936, "max_position_embeddings": 262144,
    "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip
STARCODER2_3B = {
    "architectures": ["Starcoder2ForCausalLM"], "model_type": "starcoder2", "hidden_size": 3072,
    "intermediate_size": 12288, "num_hidden_layers": 30, "num_attention_heads": 24, "num_key_value_heads": 2,
    "vocab_size": 49152, "max_position_embeddings": 16384, "sliding_window": 4096, "use_bias": True,
    "torch_dtype": "bfloat16",
}  # fmt: skip
STARCODER2_15B = {
    **STARCODER2_3B, "hidden_size": 6144, "intermediate_size": 24576, "num_hidden_layers": 40,
    "num_attention_heads": 48, "num_key_value_heads": 4, "tie_word_embeddings": False,
}  # fmt: skip
STARCODER = {
    "architectures": ["GPTBigCodeForCausalLM"], "model_type": "gpt_bigcode", "n_embd": 6144, "n_head": 48,
    "n_inner": 24576, "n_layer": 40, "n_positions": 8192, "multi_query": True, "vocab_size": 49152,
}  # fmt: skip
GPT2 = {
    "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 768, "n_head": 12, "n_layer": 12,
    "n_positions": 1024, "vocab_size": 50257,
}  # fmt: skip
GPT2_XL = {**GPT2, "n_embd": 1600, "n_head": 25, "n_layer": 48}
GPTJ_6B = {
    "architectures": ["GPTJForCausalLM"], "model_type": "gptj", "n_embd": 4096, "n_head": 16, "n_inner": None,
    "n_layer": 28, "n_positions": 2048, "vocab_size": 50400, "tie_word_embeddings": False,
}  # fmt: skip
CODEGEN_16B = {**GPTJ_6B, "model_type": "codegen", "n_embd": 6144, "n_head": 24, "n_layer": 34, "vocab_size": 51200}
PYTHIA_7B = {
    "architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "hidden_size": 4096,
    "intermediate_size": 16384, "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 50432,
    "max_position_embeddings": 2048, "use_parallel_residual": True, "tie_word_embeddings": False,
    "torch_dtype": "float16",
}  # fmt: skip
GPT_NEOX_20B = {
    **PYTHIA_7B, "hidden_size": 6144, "intermediate_size": 24576, "num_hidden_layers": 44, "num_attention_heads": 64,
}  # fmt: skip
PHI2 = {
    "architectures": ["PhiForCausalLM"], "model_type": "phi", "hidden_size": 2560, "intermediate_size": 10240,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 51200,
    "max_position_embeddings": 2048, "tie_word_embeddings": False, "torch_dtype": "float16",
}  # fmt: skip
FALCON_7B = {
    "architectures": ["FalconForCausalLM"], "model_type": "falcon", "hidden_size": 4544, "num_attention_heads": 71,
    "num_hidden_layers": 32, "multi_query": True, "parallel_attn": True, "new_decoder_architecture": False,
    "bias": False, "alibi": False, "vocab_size": 65024, "torch_dtype": "bfloat16",
}  # fmt: skip
FALCON_RW_1B = {
    **FALCON_7B, "hidden_size": 2048, "num_attention_heads": 32, "num_hidden_layers": 24, "multi_query": False,
    "parallel_attn": False, "bias": True, "alibi": True, "vocab_size": 50304,
}  # fmt: skip
FALCON_11B = {
    **FALCON_7B, "hidden_size": 4096, "num_attention_heads": 32, "num_hidden_layers": 60, "num_kv_heads": 8,
    "new_decoder_architecture": True, "ffn_hidden_size": 16384, "tie_word_embeddings": False,
}  # fmt: skip
MPT_7B = {
    "architectures": ["MPTForCausalLM"], "model_type": "mpt", "d_model": 4096, "n_heads": 32, "n_layers": 32,
    "max_seq_len": 2048, "expansion_ratio": 4, "no_bias": True, "vocab_size": 50432, "torch_dtype": "bfloat16",
    "attn_config": {"alibi": True},
}  # fmt: skip
MPT_30B = {**MPT_7B, "d_model": 7168, "n_heads": 64, "n_layers": 48, "max_seq_len": 8192}
OPT_125M = {
    "architectures": ["OPTForCausalLM"], "model_type": "opt", "hidden_size": 768, "ffn_dim": 3072,
    "num_attention_heads": 12, "num_hidden_layers": 12, "vocab_size": 50272, "max_position_embeddings": 2048,
    "word_embed_proj_dim": 768, "torch_dtype": "float16",
}  # fmt: skip
OPT_350M = {
    **OPT_125M, "hidden_size": 1024, "ffn_dim": 4096, "num_attention_heads": 16, "num_hidden_layers": 24,
    "word_embed_proj_dim": 512,
}  # fmt: skip
OPT_7B = {
    **OPT_125M, "hidden_size": 4096, "ffn_dim": 16384, "num_attention_heads": 32, "num_hidden_layers": 32,
    "word_embed_proj_dim": 4096,
}  # fmt: skip
BLOOM_560M = {
    "architectures": ["BloomForCausalLM"], "model_type": "bloom", "hidden_size": 1024, "n_head": 16, "n_layer": 24,
    "vocab_size": 250880,
}  # fmt: skip
BLOOM_7B = {
    "architectures": ["BloomForCausalLM"], "model_type": "bloom", "n_embed": 4096, "num_attention_heads": 32,
    "n_layer": 30, "vocab_size": 250880,
}  # fmt: skip
MINITRON_4B = {
    "architectures": ["NemotronForCausalLM"], "model_type": "nemotron", "hidden_size": 3072,
    "intermediate_size": 9216, "num_hidden_layers": 32, "num_attention_heads": 24, "num_key_value_heads": 8,
    "head_dim": 128, "hidden_act": "relu2", "vocab_size": 256000, "max_position_embeddings": 4096,
    "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip
MINITRON_8B = {**MINITRON_4B, "hidden_size": 4096, "intermediate_size": 16384, "num_attention_heads": 48}
ARCEE_4B = {
    "architectures": ["ArceeForCausalLM"], "model_type": "arcee", "hidden_size": 2560, "intermediate_size": 18432,
    "num_hidden_layers": 36, "num_attention_heads": 20, "num_key_value_heads": 4, "head_dim": 128,
    "hidden_act": "relu2", "vocab_size": 128004, "max_position_embeddings": 65536, "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}  # fmt: skip
APERTUS_8B = {
    "architectures": ["ApertusForCausalLM"], "model_type": "apertus", "hidden_size": 4096,
    "intermediate_size": 21504, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "hidden_act": "xielu", "vocab_size": 131072, "max_position_embeddings": 65536, "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}  # fmt: skip
BITNET_2B = {
    "architectures": ["BitNetForCausalLM"], "model_type": "bitnet", "hidden_size": 2560, "intermediate_size": 6912,
    "num_hidden_layers": 30, "num_attention_heads": 20, "num_key_value_heads": 5, "hidden_act": "relu2",
    "vocab_size": 128256, "max_position_embeddings": 4096, "tie_word_embeddings": True, "torch_dtype": "bfloat16",
}  # fmt: skip
QWEN_7B = {
    "architectures": ["QWenLMHeadModel"], "model_type": "qwen", "hidden_size": 4096, "intermediate_size": 22016,
    "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 151936, "max_position_embeddings": 32768,
    "no_bias": True, "tie_word_embeddings": False,
}  # fmt: skip
CHATGLM3_6B = {
    "architectures": ["ChatGLMModel"], "model_type": "chatglm", "hidden_size": 4096, "ffn_hidden_size": 13696,
    "num_layers": 28, "num_attention_heads": 32, "multi_query_attention": True, "multi_query_group_num": 2,
    "padded_vocab_size": 65024, "add_qkv_bias": True, "seq_length": 8192, "tie_word_embeddings": False,
}  # fmt: skip
STABLELM2_2B = {
    "architectures": ["StableLmForCausalLM"], "model_type": "stablelm", "hidden_size": 2048,
    "intermediate_size": 5632, "num_hidden_layers": 24, "num_attention_heads": 32, "num_key_value_heads": 32,
    "use_qkv_bias": True, "vocab_size": 100352, "max_position_embeddings": 4096, "tie_word_embeddings": False,
}  # fmt: skip
