"""Word lists of the unit's file that are no choices of a column. Pure."""

AFFILIATIONS = ("中央", "省", "市", "县（区）", "街道（乡镇）", "其他")

# Source: 国统字〔2011〕86号. The rule of 2023 replaces it for new statistics; files
# keep what they were registered under, so the words are stored, not the numbers.
REGISTRATION_TYPES = (
    "国有企业",
    "集体企业",
    "股份合作企业",
    "联营企业",
    "国有独资公司",
    "其他有限责任公司",
    "股份有限公司",
    "私营独资企业",
    "私营合伙企业",
    "私营有限责任公司",
    "私营股份有限公司",
    "其他内资企业",
    "港澳台商投资企业",
    "外商投资企业",
    "个体工商户",
    "个人合伙",
    "不适用",
)
