include $(sort $(wildcard $(BR2_EXTERNAL_FROST_GA_PATH)/package/*/*.mk))
